// Whether this host can be home to a recorded instance, and what of its record is believed. Pure.
// Every value that reaches libvirt, a path or a guest's documents is checked here or where it is used; what only this
// host can know (paths of firmware, devices, networks) is chosen anew and never taken from the file.
import { Fault, isUuid } from '../../base/index.ts';
import { checkMeta } from '../../metadata/index.ts';
import {
  checkTags,
  type Firmware,
  type Hardware,
  type Instance,
  imageProperties,
} from '../../model/index.ts';
import type { HardwareHost } from '../choose-hardware.ts';
import { checkFlavor } from '../flavor-catalogue.ts';
import { checkMemory } from '../plan-launch.ts';
import { type ExportManifest, exportInvalid } from './manifest.ts';

const HOSTNAME = /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;
const TARGET = /^(vd|sd|hd|xvd|fd)[a-z]{1,2}$/;

export interface ImportHost {
  readonly hardware: HardwareHost;
  readonly memoryMiB: number;
}

/** What an instance is where it is imported, before it has a new name and place. */
export type BelievedRecord = Pick<
  Instance,
  | 'flavor'
  | 'image'
  | 'hardware'
  | 'disks'
  | 'volumes'
  | 'links'
  | 'carrier'
  | 'metadata'
  | 'tags'
  | 'hostname'
>;

/**
 * Throws `EXPORT_INVALID` for a record that no export has, `IMPORT_UNSUPPORTED` for hardware that this host does not have,
 * and the faults of flavors, image properties, tags and metadata.
 */
export function believeRecord({ instance, members }: ExportManifest, host: ImportHost): BelievedRecord {
  const { flavor, image, volumes, hostname, carrier, metadata } = instance;
  if (instance.adoption !== null || instance.rescue !== null || instance.resize !== null) {
    throw exportInvalid('its instance was adopted, rescued or resized');
  }
  if (instance.shares.length > 0) throw exportInvalid('its instance has shared folders');
  if (!HOSTNAME.test(hostname)) throw exportInvalid('its hostname is none');
  if (!isUuid(instance.id)) throw exportInvalid('its id is no UUID');
  if (Number.isNaN(Date.parse(instance.createdAt))) throw exportInvalid('it was created at no time');
  checkFlavor(flavor);
  imageProperties(image.properties);
  checkMeta(metadata);
  checkMemory(flavor, host.memoryMiB);
  checkPlaces(instance);
  const sizeOf = (fileName: string) =>
    members.find((member) => member.fileName === fileName)?.virtualSizeBytes ?? undefined;
  return {
    flavor,
    image,
    hardware: believeHardware(instance.hardware, host.hardware),
    // what its file says, which is looked at when it is here
    disks: instance.disks.map((disk) => ({ ...disk, sizeBytes: sizeOf(disk.fileName) ?? disk.sizeBytes })),
    volumes,
    links: instance.links,
    carrier,
    metadata,
    tags: checkTags(instance.tags),
    hostname,
  };
}

function checkPlaces({ disks, volumes }: Instance): void {
  const targets = [...disks, ...volumes].map(({ target }) => target);
  const bad = targets.find((target) => !TARGET.test(target));
  if (bad !== undefined) throw exportInvalid(`${JSON.stringify(bad.slice(0, 40))} is no place for a disk`);
  checkShared(disks, volumes);
  for (const { role, format, fileName } of disks) {
    const isDrive = role === 'config' || role === 'agent';
    if (format !== (isDrive ? 'raw' : 'qcow2')) throw exportInvalid(`${fileName} is recorded as ${format}`);
  }
  for (const { id, source } of volumes) {
    if (!isUuid(id)) throw exportInvalid('the id of a disk is no UUID');
    if (source !== null && (source.kind !== 'own' || source.format !== 'qcow2')) {
      throw exportInvalid(`it names a disk that is not in it (${source.kind})`);
    }
  }
}

/** Two have one place where a CD was put into a drive of the launch, and nowhere else: a disk must not stand for another one. */
function checkShared(disks: Instance['disks'], volumes: Instance['volumes']): void {
  for (const [at, { target, device, bus }] of volumes.entries()) {
    const own = disks.find((disk) => disk.target === target);
    const isMedium = own === undefined || (own.device === 'cdrom' && device === 'cdrom' && own.bus === bus);
    const isTwice = volumes.findIndex((volume) => volume.target === target) !== at;
    if (!isMedium || isTwice) throw exportInvalid(`it has two disks at ${target}`);
  }
  const twice = disks.find(({ target }, at) => disks.findIndex((disk) => disk.target === target) !== at);
  if (twice !== undefined) throw exportInvalid(`it has two disks at ${twice.target}`);
}

/** As it was, where this host can do that; firmware by this host's own files. */
function believeHardware(hardware: Hardware, host: HardwareHost): Hardware {
  const { arch, machineType, virtType, cpuMode, firmware, pciDevices } = hardware;
  const machines = Object.hasOwn(host.machineTypes, arch) ? host.machineTypes[arch] : undefined;
  if (machines === undefined) throw unsupported(`guests of architecture ${arch.slice(0, 40)}`, { arch });
  if (!Object.hasOwn(machines, machineType)) {
    throw unsupported(`machines of type ${machineType.slice(0, 80)}`, { machineType });
  }
  if (virtType === 'kvm' && (host.virtType !== 'kvm' || arch !== host.arch))
    throw unsupported('KVM', { virtType });
  const isKnownMode = virtType === host.virtType && host.cpuModes.length > 0 && cpuMode !== 'none';
  if (isKnownMode && !host.cpuModes.includes(cpuMode))
    throw unsupported(`CPUs of mode ${cpuMode}`, { cpuMode });
  if (pciDevices.length > 0)
    throw unsupported(`the PCI device ${pciDevices[0]?.slice(0, 40)} of its old host`, {});
  return { ...hardware, firmware: believeFirmware(firmware, arch, host) };
}

function believeFirmware(firmware: Firmware, arch: string, host: HardwareHost): Firmware {
  if (firmware.kind === 'bios') return firmware;
  const offer = host.firmware[arch];
  const files = firmware.secure ? offer?.secure : offer?.plain;
  if (files == null)
    throw unsupported(`UEFI${firmware.secure ? ' with secure boot' : ''} for ${arch}`, { arch });
  return { ...firmware, loader: files.loader, nvramTemplate: files.nvramTemplate };
}

export function unsupported(what: string, details: Readonly<Record<string, string>>): Fault {
  return new Fault(
    'unsupported',
    'IMPORT_UNSUPPORTED',
    `The instance needs what this host does not have: ${what}`,
    {
      hint: 'Import it where there is such a thing; novalet doctor says what this host lacks, and why.',
      details,
    },
  );
}
