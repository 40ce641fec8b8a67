// How large a disk may be.
import { Fault, formatBytes, MIB } from '../../base/index.ts';

const SECTOR = 512;
const SMALLEST = MIB;
/** With clusters of 64 KiB, a qcow2 of QEMU's takes no more. */
const LARGEST = 2 ** 51;

/** Rounded up to whole sectors. Throws `DISK_SIZE_INVALID`. */
export function checkedSize(sizeBytes: number): number {
  const size = Math.ceil(sizeBytes / SECTOR) * SECTOR;
  if (Number.isSafeInteger(size) && size >= SMALLEST && size <= LARGEST) return size;
  throw new Fault('invalid', 'DISK_SIZE_INVALID', `There is no disk of ${formatBytes(sizeBytes)}`, {
    hint: 'Choose a size between 1 MiB and 2 PiB, with its unit: 20G',
  });
}
