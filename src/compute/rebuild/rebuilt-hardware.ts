// The hardware of an instance under a new image: what was recorded, but for what the image itself names. Pure.
import { Fault } from '../../base/index.ts';
import { type Hardware, type ImageProperties, type Instance, imageProperties } from '../../model/index.ts';
import { askForCells } from '../numa/ask-for-cells.ts';

/** `chosen` is what a launch would choose for the image. Throws `REBUILD_MACHINE_CONFLICT`. */
export function rebuiltHardware(
  { name, hardware }: Pick<Instance, 'name' | 'hardware'>,
  chosen: Hardware,
  image: ImageProperties,
): Hardware {
  if (image.hw_machine_type !== undefined && family(chosen.machineType) !== family(hardware.machineType))
    throw machineConflict(name, hardware.machineType, image.hw_machine_type);
  const from = (property: unknown): Hardware => (property === undefined ? hardware : chosen);
  return {
    ...hardware,
    firmware: from(image.hw_firmware_type ?? image.os_secure_boot).firmware,
    diskBus: from(image.hw_disk_bus).diskBus,
    cdromBus: from(image.hw_cdrom_bus).cdromBus,
    vifModel: from(image.hw_vif_model).vifModel,
    videoModel: from(image.hw_video_model).videoModel,
    pointerModel: from(image.hw_pointer_model).pointerModel,
  };
}

/** `pc-q35-7.2` → `pc-q35`: a newer QEMU's machine of the same kind is no other machine. */
function family(machineType: string): string {
  if (machineType === 'q35') return 'pc-q35';
  if (machineType === 'pc') return 'pc-i440fx';
  return machineType.replace(/-\d[\d.]*$/, '');
}

function machineConflict(name: string, recorded: string, asked: string): Fault {
  return new Fault(
    'invalid',
    'REBUILD_MACHINE_CONFLICT',
    `${name} is a machine of type ${recorded}, and the image asks for ${asked.slice(0, 80)}`,
    {
      hint: 'Choose another image, take hw_machine_type off it, or launch a new instance from it.',
      details: { key: 'hw_machine_type' },
    },
  );
}

/** Where it lies on the host was chosen at the launch and is not chosen again, as in Nova. Throws `REBUILD_NUMA_CONFLICT`. */
export function checkSamePlace(
  { name, flavor, image }: Pick<Instance, 'name' | 'flavor' | 'image'>,
  properties: Readonly<Record<string, string>>,
): void {
  const [before, now] = [image.properties, properties].map((of) => JSON.stringify(askForCells(flavor, of)));
  if (before === now) return;
  throw new Fault(
    'invalid',
    'REBUILD_NUMA_CONFLICT',
    `The image asks for other CPUs or NUMA cells than ${name} was placed with`,
    {
      hint: 'Take the hw_numa_* and hw_cpu_* properties off the image, or launch a new instance from it.',
      details: { keys: Object.keys(imageProperties(properties)).filter(isOfPlace).join(' ') },
    },
  );
}

function isOfPlace(key: string): boolean {
  return /^hw_(numa|cpu_(policy|thread_policy|realtime)|mem_page_size|emulator)/.test(key);
}
