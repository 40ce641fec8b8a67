// What can be said of an image's properties without a flavor: each by itself, and those that no flavor could make fit
// together. Rules: nova/virt/hardware.py; what Nova finds at a launch is found here when the image gets its properties.
import { Fault } from '../base/index.ts';
import { agentProperty } from './agent.ts';
import { datasourceProperties } from './datasource.ts';
import { checkDiskPlace, checkHasPci } from './disk-buses.ts';
import type { RawValues } from './hardware-key.ts';
import type { DiskFormat } from './image.ts';
import { type ImageProperties, imageProperties } from './image-properties.ts';
import { checkNumbers } from './number-limits.ts';
import { missingCell } from './numbered-keys.ts';

const HYPERTHREADING = 'HW_CPU_HYPERTHREADING';

/** Of libvirt's schema of domains. */
const MACHINE_TYPE = /^[a-zA-Z0-9_.-]+$/;

/**
 * Throws the faults of `imageProperties`, `datasourceProperties`, `agentProperty`, `checkHasPci`, `checkDiskPlace` and `checkNumbers`, and
 * `IMAGE_PROPERTIES_CONFLICT` naming one of the two. `diskFormat` is left out while it is not known.
 */
export function checkImageProperties(raw: RawValues, diskFormat?: DiskFormat): ImageProperties {
  const image = imageProperties(raw);
  datasourceProperties(raw);
  agentProperty(raw);
  checkTopology(image);
  checkCells(image);
  checkFirmware(image);
  checkMachineType(image);
  checkBuses(image, diskFormat);
  checkNumbers(image);
  if (image.hw_tpm_model === 'tpm-crb' && image.hw_tpm_version === '1.2') {
    throw conflict('hw_tpm_model', 'hw_tpm_model=tpm-crb needs hw_tpm_version=2.0');
  }
  if (image.hw_cpu_thread_policy !== undefined && image.traits_required.includes(HYPERTHREADING)) {
    throw conflict(
      'hw_cpu_thread_policy',
      `hw_cpu_thread_policy and trait:${HYPERTHREADING} say the same: set one`,
    );
  }
  return image;
}

function checkTopology(image: ImageProperties): void {
  const parts = [
    ['sockets', image.hw_cpu_sockets, image.hw_cpu_max_sockets],
    ['cores', image.hw_cpu_cores, image.hw_cpu_max_cores],
    ['threads', image.hw_cpu_threads, image.hw_cpu_max_threads],
  ] as const;
  for (const [part, wish = 0, limit = 0] of parts) {
    if (limit === 0 || wish <= limit) continue;
    throw conflict(
      `hw_cpu_${part}`,
      `hw_cpu_${part} is ${wish}, above hw_cpu_max_${part}, which is ${limit}`,
    );
  }
}

function checkCells({
  hw_numa_nodes: nodes,
  hw_numa_cpus: cpus,
  hw_numa_mem: memory,
}: ImageProperties): void {
  for (const [key, cells] of [
    ['hw_numa_cpus', cpus],
    ['hw_numa_mem', memory],
  ] as const) {
    if (cells === undefined) continue;
    const missing = missingCell(cells);
    if (missing !== null)
      throw conflict(`${key}.${missing}`, `${key}.${missing} is missing among those of other cells`);
    if (nodes !== undefined && nodes !== cells.size) {
      throw conflict(
        `${key}.0`,
        `There are ${cells.size} of ${key}.N for the ${nodes} cells of hw_numa_nodes`,
      );
    }
  }
  const seen = new Set<number>();
  for (const [cell, vcpus] of cpus ?? []) {
    const twice = vcpus.find((vcpu) => seen.has(vcpu));
    if (twice !== undefined) {
      throw conflict(
        `hw_numa_cpus.${cell}`,
        `hw_numa_cpus.${cell} names vCPU ${twice}, which another cell has`,
      );
    }
    for (const vcpu of vcpus) seen.add(vcpu);
  }
}

/** Quirk: Nova lets such images be, and then starts them without what they require. */
function checkFirmware(image: ImageProperties): void {
  const { hw_firmware_type: firmware, hw_machine_type: machine = '' } = image;
  if (image.os_secure_boot === 'required' && firmware === 'bios') {
    throw conflict('os_secure_boot', 'os_secure_boot=required needs hw_firmware_type=uefi');
  }
  if (image.os_secure_boot === 'required' && /^pc(?:-i440fx.*)?$/.test(machine)) {
    throw conflict('os_secure_boot', 'os_secure_boot=required needs hw_machine_type=q35');
  }
  if (image.hw_firmware_stateless === true && firmware === 'bios') {
    throw conflict('hw_firmware_stateless', 'hw_firmware_stateless needs hw_firmware_type=uefi');
  }
}

/** Which there are is known at a launch only; what can be none is refused now. */
function checkMachineType({ hw_machine_type: machine }: ImageProperties): void {
  if (machine === undefined || MACHINE_TYPE.test(machine)) return;
  throw new Fault(
    'invalid',
    'IMAGE_PROPERTY_INVALID',
    `hw_machine_type is "${machine.slice(0, 80)}", which no machine type is called`,
    {
      hint: 'hw_machine_type must be a name such as q35, pc or pc-q35-7.2.',
      details: { key: 'hw_machine_type' },
    },
  );
}

/** Disks that every guest of the image has; whether a config drive is a CD drive beside them is said at a launch. */
function checkBuses(image: ImageProperties, diskFormat: DiskFormat | undefined): void {
  const { hw_machine_type: machineType, hw_disk_bus: ofDisks, hw_cdrom_bus: ofCds } = image;
  checkHasPci(machineType);
  const hasDisk = diskFormat !== undefined && diskFormat !== 'iso';
  if (hasDisk && ofDisks !== undefined) checkDiskPlace({ device: 'disk', bus: ofDisks, machineType });
  if (diskFormat === 'iso' && ofCds !== undefined)
    checkDiskPlace({ device: 'cdrom', bus: ofCds, machineType });
}

function conflict(key: string, message: string): Fault {
  return new Fault('invalid', 'IMAGE_PROPERTIES_CONFLICT', message, {
    hint: 'No flavor makes this work: change one of them, or take it off the image.',
    details: { key },
  });
}
