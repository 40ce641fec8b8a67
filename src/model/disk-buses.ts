// Where libvirt takes no disk of QEMU's, and on which machines no guest of ours, whatever else there is of it: found by
// defining them (libvirt 9.0). Nova finds out when it builds; render, which is Nova to the letter, asks nobody here.
import { Fault } from '../base/index.ts';
import type { Disk } from './disk.ts';
import type { DiskBus } from './hardware.ts';

export interface DiskPlace {
  readonly device: Disk['device'];
  readonly bus: DiskBus;
  /** Undefined where it is not known yet. */
  readonly machineType: string | undefined;
}

/** Every device that libvirt gives by itself is on PCI there. */
const WITHOUT_PCI: readonly string[] = ['isapc', 'microvm', 'x-remote'];
const WITHOUT_IDE = /^(?:pc-)?q35|^virt(?:-|$)|^pseries|^s390/;

/** Throws `MACHINE_TYPE_UNSUPPORTED`. */
export function checkHasPci(machineType: string | undefined): void {
  if (machineType === undefined || !WITHOUT_PCI.includes(machineType)) return;
  throw new Fault(
    'unsupported',
    'MACHINE_TYPE_UNSUPPORTED',
    `A machine of type ${machineType} has no PCI, which the disks, network cards and channels of guests need`,
    {
      hint: 'Set hw_machine_type of the image, or of the configuration, to another: q35 or pc.',
      details: { key: 'hw_machine_type' },
    },
  );
}

/** Throws `DISK_BUS_UNSUPPORTED`. */
export function checkDiskPlace({ device, bus, machineType }: DiskPlace): void {
  if (device === 'floppy') return;
  const isCdrom = device === 'cdrom';
  const key = isCdrom ? 'hw_cdrom_bus' : 'hw_disk_bus';
  const why = refusalOf(bus, isCdrom, machineType);
  if (why === null) return;
  throw new Fault('unsupported', 'DISK_BUS_UNSUPPORTED', `${key} is ${bus}, and ${why}`, {
    hint: isCdrom
      ? 'Set hw_cdrom_bus of the image to sata, scsi or usb; only ISO images and config drives in the form of ISO 9660 need one.'
      : 'Set hw_disk_bus of the image to virtio, scsi, sata or usb.',
    details: { key, bus },
  });
}

function refusalOf(bus: DiskBus, isCdrom: boolean, machineType: string | undefined): string | null {
  if (bus === 'fdc') return 'only floppies can be on it';
  if (bus === 'virtio' && isCdrom) return 'no CD drive can be on it';
  if (bus === 'ide' && machineType !== undefined && WITHOUT_IDE.test(machineType))
    return `a machine of type ${machineType} has no IDE`;
  return null;
}
