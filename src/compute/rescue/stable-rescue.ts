// Where the disk of a rescue image goes that says so: Nova's stable device rescue, which leaves every other disk in its place.
// Pure. Rules: nova/virt/hardware.py, check_hw_rescue_props and get_rescue_device.
import { Fault } from '../../base/index.ts';
import type { Disk, DiskBus, Hardware, ImageProperties } from '../../model/index.ts';

export interface RescuePlace {
  readonly device: Disk['device'];
  readonly bus: DiskBus;
}

export function isStableRescue({ hw_rescue_bus: bus, hw_rescue_device: device }: ImageProperties): boolean {
  return bus !== undefined || device !== undefined;
}

/** Of an image for which `isStableRescue`. Throws `RESCUE_DEVICE_UNSUPPORTED`. */
export function rescuePlace(
  image: ImageProperties,
  hardware: Pick<Hardware, 'diskBus' | 'cdromBus'>,
): RescuePlace {
  const device = image.hw_rescue_device ?? 'disk';
  const bus = image.hw_rescue_bus ?? usualRescueBus(device, image, hardware);
  if (device === 'fs' || bus === null) throw rescueDeviceUnsupported(device);
  return { device, bus };
}

function usualRescueBus(
  device: NonNullable<ImageProperties['hw_rescue_device']>,
  image: ImageProperties,
  hardware: Pick<Hardware, 'diskBus' | 'cdromBus'>,
): DiskBus | null {
  switch (device) {
    case 'disk':
      return hardware.diskBus;
    case 'cdrom':
      return hardware.cdromBus;
    case 'floppy':
      return image.hw_floppy_bus ?? 'fdc';
    default:
      return null;
  }
}

export function rescueDeviceUnsupported(device: string): Fault {
  return new Fault(
    'unsupported',
    'RESCUE_DEVICE_UNSUPPORTED',
    `A rescue disk cannot be a device "${device}"`,
    {
      hint: 'Set hw_rescue_device of the image to disk, cdrom or floppy.',
      details: { key: 'hw_rescue_device' },
    },
  );
}
