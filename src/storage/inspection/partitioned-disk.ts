// A whole disk with a partition table: an MBR, or a GPT behind its protective MBR. Rules: UEFI Specification, chapter 5;
// the sanity checks are Nova's. QEMU opens it as raw.
import type { ByteSource } from './byte-source.ts';
import {
  type FileEnds,
  type FormatFacts,
  type FormatProbe,
  type ImageFinding,
  SECTOR,
} from './format-probe.ts';

const TABLE = 446;
const ENTRY = 16;
const PROTECTIVE = 0xee;

/** A boot sector of a filesystem ends with the same mark as an MBR, and is not one. */
export const partitionedProbe: FormatProbe = {
  format: 'gpt',
  matches: ({ head }) => head.length >= SECTOR && head.readUInt16LE(510) === 0xaa55 && !isFilesystem(head),
  read: async (_source: ByteSource, ends) => readPartitions(ends),
};

function isFilesystem(head: Buffer): boolean {
  const fat = [head.toString('latin1', 54, 57), head.toString('latin1', 82, 85)].includes('FAT');
  return fat || ['NTFS    ', 'EXFAT   '].includes(head.toString('latin1', 3, 11));
}

interface Entry {
  readonly bootFlag: number;
  readonly type: number;
  readonly firstChs: string;
  readonly firstLba: number;
}

function readPartitions({ head, sizeBytes }: FileEnds): FormatFacts {
  const entries = [0, 1, 2, 3]
    .map((index) => head.subarray(TABLE + index * ENTRY, TABLE + (index + 1) * ENTRY))
    .map(
      (bytes): Entry => ({
        bootFlag: bytes.readUInt8(0),
        type: bytes.readUInt8(4),
        firstChs: bytes.toString('hex', 1, 4),
        firstLba: bytes.readUInt32LE(8),
      }),
    );
  const used = entries.filter((entry) => entry.type !== 0);
  const findings: ImageFinding[] = [];
  const complain = (message: string) => findings.push({ code: 'IMAGE_UNSAFE', message });
  if (entries.some((entry) => entry.bootFlag !== 0 && entry.bootFlag !== 0x80)) {
    complain('has a partition table with an impossible boot flag');
  }
  if (used.length === 0) complain('has a partition table without a partition');
  const protective = used.find((entry) => entry.type === PROTECTIVE);
  if (protective !== undefined) {
    if (used.length > 1) complain('mixes a protective MBR with other partitions');
    if (protective.firstChs !== '000200' || protective.firstLba !== 1) {
      complain('has a protective MBR that does not begin at the first sector');
    }
    if (![SECTOR, 4096].some((at) => head.toString('latin1', at, at + 8) === 'EFI PART')) {
      complain('has a protective MBR and no GPT behind it');
    }
  }
  return { virtualSizeBytes: sizeBytes, findings };
}
