// The names of disks, by bus. Rules: nova/virt/libvirt/blockinfo.py: the next free name under the prefix of the bus.
import { Fault } from '../base/index.ts';
import type { DiskBus } from '../model/index.ts';

/** Buses with the same prefix share its names. */
const PREFIXES: Readonly<Record<DiskBus, string>> = {
  virtio: 'vd',
  scsi: 'sd',
  sata: 'sd',
  usb: 'sd',
  ide: 'hd',
  fdc: 'fd',
};
/** Of QEMU's IDE: two channels with two devices each. */
const MAX_IDE = 4;
const LETTERS = 26;

/** The first name of the bus that is not taken. Throws `DISK_BUS_FULL` when more disks are to be on IDE than it has places. */
export function nextDeviceName(bus: DiskBus, taken: ReadonlySet<string>): string {
  for (let index = 0; ; index += 1) {
    if (bus === 'ide' && index >= MAX_IDE) throw ideFull();
    const name = PREFIXES[bus] + lettersOf(index);
    if (!taken.has(name)) return name;
  }
}

/** `vda` → 0, `vdz` → 25, `vdaa` → 26. */
export function deviceIndex(name: string): number {
  const letters = [...name.slice(2)].map((letter) => letter.charCodeAt(0) - 'a'.charCodeAt(0) + 1);
  return letters.reduce((sum, digit) => sum * LETTERS + digit, 0) - 1;
}

function lettersOf(index: number): string {
  const last = String.fromCharCode('a'.charCodeAt(0) + (index % LETTERS));
  return index < LETTERS ? last : lettersOf(Math.floor(index / LETTERS) - 1) + last;
}

function ideFull(): Fault {
  return new Fault(
    'invalid',
    'DISK_BUS_FULL',
    `The guest has more than ${MAX_IDE} disks on IDE, which takes no more`,
    {
      hint: 'Set hw_disk_bus or hw_cdrom_bus of the image to another bus.',
      details: { key: 'hw_disk_bus' },
    },
  );
}
