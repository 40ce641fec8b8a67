// An image: a read-only source of disks, kernels and ramdisks. Field names follow Glance.

/** Glance's disk_format, as far as a QEMU host can use it. `aki` is a kernel, `ari` a ramdisk. */
export type DiskFormat = 'raw' | 'qcow2' | 'vmdk' | 'vdi' | 'vhd' | 'vhdx' | 'iso' | 'aki' | 'ari';

export const DISK_FORMATS: readonly DiskFormat[] = [
  'raw',
  'qcow2',
  'vmdk',
  'vdi',
  'vhd',
  'vhdx',
  'iso',
  'aki',
  'ari',
];

export interface Image {
  /** UUID. */
  readonly id: string;
  /** Unique on this host. */
  readonly name: string;
  readonly diskFormat: DiskFormat;
  /** What a disk made from it needs at least. */
  readonly minDiskGiB: number;
  readonly minRamMiB: number;
  /** Bytes of the stored file. */
  readonly sizeBytes: number;
  /** Bytes of the disk that a guest sees; the file's size for kernels and ramdisks. */
  readonly virtualSizeBytes: number;
  /** Lower-case hex SHA-256 of the stored file; null of one that was made here and that nobody has asked about yet. */
  readonly sha256: string | null;
  /** The same of what was fetched, where whoever added it gave that; differs where it was packed. */
  readonly sourceSha256?: string | undefined;
  /** Image properties as written, for example `hw_machine_type` → `q35`. */
  readonly properties: Readonly<Record<string, string>>;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

const TRUE_WORDS: ReadonlySet<string> = new Set(['1', 't', 'true', 'on', 'y', 'yes']);

/** The words that oslo's strutils takes for true; everything else is false. */
export function isTrueWord(word: string | undefined): boolean {
  return word !== undefined && TRUE_WORDS.has(word.trim().toLowerCase());
}
