// Which of the host's disks a disk of the guest is. Pure: the guest's word on one side, the domain's XML on the other.
import type { GuestDiskAddress, PciAddress } from './storage.ts';

/** A disk as the host attached it. */
export interface HostDisk {
  /** `vda`, as in the domain's XML. */
  readonly target: string;
  /** `virtio`, `scsi`, `sata`, `ide`, `usb` */
  readonly bus: string;
  readonly serial: string | null;
  /** Of a virtio disk itself. */
  readonly pci: PciAddress | null;
  /** Of a disk on a controller. */
  readonly drive: { readonly bus: number; readonly target: number; readonly unit: number } | null;
}

/** By what the two were found to be one; the later ones are the guest's free choice, and mostly right. */
export type MappedBy = 'serial' | 'address' | 'name';

export interface MappedDisk {
  readonly target: string;
  readonly by: MappedBy;
}

/** The longest serial that a virtio disk tells its guest (VIRTIO_BLK_ID_BYTES). */
const SERIAL_LENGTH = 20;

/** The host's disk behind `address`; undefined when nothing speaks for one of them alone. */
export function mapDisk(address: GuestDiskAddress, hostDisks: readonly HostDisk[]): MappedDisk | undefined {
  const tests: readonly [MappedBy, (disk: HostDisk) => boolean][] = [
    ['serial', (disk) => hasSerial(disk, address.serial)],
    ['address', (disk) => hasAddress(disk, address)],
    ['name', (disk) => address.device === `/dev/${disk.target}`],
  ];
  for (const [by, test] of tests) {
    const [first, ...others] = hostDisks.filter(test);
    if (first !== undefined && others.length === 0) return { target: first.target, by };
  }
  return undefined;
}

function hasSerial({ serial }: HostDisk, told: string | undefined): boolean {
  if (serial === null || serial === '' || told === undefined) return false;
  return (
    told === serial ||
    (told.length === SERIAL_LENGTH && serial.startsWith(told)) ||
    told.endsWith(`_${serial}`)
  );
}

function hasAddress(disk: HostDisk, address: GuestDiskAddress): boolean {
  if (disk.pci !== null) return address.pci !== undefined && isSame(disk.pci, address.pci);
  if (disk.drive === null || disk.bus !== address.busType) return false;
  const { bus, target, unit } = disk.drive;
  return bus === address.bus && target === address.target && unit === address.unit;
}

function isSame(one: PciAddress, other: PciAddress): boolean {
  return (
    one.domain === other.domain &&
    one.bus === other.bus &&
    one.slot === other.slot &&
    one.function === other.function
  );
}
