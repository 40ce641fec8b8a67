// VHD ("vpc" to QEMU) and VHDX. Rules: Microsoft, Virtual Hard Disk Image Format Specification 1.0, and [MS-VHDX].
import type { ByteSource } from './byte-source.ts';
import {
  corrupt,
  type FileEnds,
  type FormatFacts,
  type FormatProbe,
  type ImageFinding,
  readExactly,
  sane,
} from './format-probe.ts';

const FOOTER_BYTES = 512;
const COOKIE = 'conectix';
const DIFFERENCING = 4;

/** A dynamic VHD begins with a copy of its footer; a fixed one has it only at the end. */
export const vhdProbe: FormatProbe = {
  format: 'vhd',
  matches: ({ head, tail }) => head.toString('latin1', 0, 8) === COOKIE || isFooter(tail),
  read: async (_source, ends) => readVhd(ends),
};

function isFooter(bytes: Buffer): boolean {
  if (bytes.length !== FOOTER_BYTES || bytes.toString('latin1', 0, 8) !== COOKIE) return false;
  let sum = 0;
  for (const [at, byte] of bytes.entries()) if (at < 64 || at >= 68) sum += byte;
  return bytes.readUInt32BE(64) === ~sum >>> 0;
}

function readVhd({ head, tail }: FileEnds): FormatFacts {
  const footer = head.toString('latin1', 0, 8) === COOKIE ? head.subarray(0, FOOTER_BYTES) : tail;
  if (!isFooter(footer)) throw corrupt('has a vhd footer with a wrong checksum');
  const findings: ImageFinding[] = [];
  const type = footer.readUInt32BE(60);
  if (type === DIFFERENCING) {
    findings.push({
      code: 'IMAGE_HAS_BACKING_FILE',
      message: 'is a differencing vhd, which needs its parent',
    });
  } else if (type !== 2 && type !== 3) {
    findings.push({
      code: 'IMAGE_UNSAFE',
      message: `is a vhd of type ${type}; only fixed and dynamic are read`,
    });
  }
  return { virtualSizeBytes: sane(footer.readBigUInt64BE(48), 'virtual size'), findings };
}

const REGION_TABLE = 192 * 1024;
const REGION_TABLE_BYTES = 64 * 1024;
const MAX_ENTRIES = 2047;
const METADATA_REGION = guid('8B7CA206-4790-4B9A-B8FE-575F050F886E');
const VIRTUAL_DISK_SIZE = guid('2FA54224-CD1B-4876-B211-5DBED83BF4B8');
const FILE_PARAMETERS = guid('CAA16737-FA36-4D43-B3B6-33F0AA44E76B');
const HAS_PARENT = 2;

export const vhdxProbe: FormatProbe = {
  format: 'vhdx',
  matches: ({ head }) => head.toString('latin1', 0, 8) === 'vhdxfile',
  read: readVhdx,
};

async function readVhdx(source: ByteSource): Promise<FormatFacts> {
  const table = await readExactly(source, REGION_TABLE, REGION_TABLE_BYTES, 'vhdx region table');
  if (table.toString('latin1', 0, 4) !== 'regi') throw corrupt('has no vhdx region table');
  const region = findEntry(table, 16, table.readUInt32LE(8), METADATA_REGION);
  if (region === undefined) throw corrupt('has no vhdx metadata region');
  const regionOffset = sane(region.readBigUInt64LE(16), 'metadata offset');
  const metadata = await readExactly(source, regionOffset, REGION_TABLE_BYTES, 'vhdx metadata table');
  if (metadata.toString('latin1', 0, 8) !== 'metadata') throw corrupt('has no vhdx metadata table');
  const count = metadata.readUInt16LE(10);
  const sizeEntry = findEntry(metadata, 32, count, VIRTUAL_DISK_SIZE);
  const parameters = findEntry(metadata, 32, count, FILE_PARAMETERS);
  if (sizeEntry === undefined || parameters === undefined) throw corrupt('lacks vhdx metadata');
  const size = await readExactly(source, regionOffset + sizeEntry.readUInt32LE(16), 8, 'vhdx disk size');
  const flags = await readExactly(source, regionOffset + parameters.readUInt32LE(16), 8, 'vhdx parameters');
  const findings: ImageFinding[] =
    (flags.readUInt32LE(4) & HAS_PARENT) === 0
      ? []
      : [{ code: 'IMAGE_HAS_BACKING_FILE', message: 'is a differencing vhdx, which needs its parent' }];
  return { virtualSizeBytes: sane(size.readBigUInt64LE(0), 'virtual size'), findings };
}

/** The 32-byte entry that begins with `wanted`, in a table of at most 2047 entries. */
function findEntry(table: Buffer, start: number, count: number, wanted: Buffer): Buffer | undefined {
  if (count > MAX_ENTRIES) throw corrupt(`claims ${count} vhdx table entries`);
  for (let index = 0; index < count; index += 1) {
    const entry = table.subarray(start + index * 32, start + index * 32 + 32);
    if (entry.length < 32) return undefined;
    if (entry.subarray(0, 16).equals(wanted)) return entry;
  }
  return undefined;
}

/** The 16 bytes that Microsoft writes for a GUID: the first three groups little-endian. */
function guid(text: string): Buffer {
  const bytes = Buffer.from(text.replaceAll('-', ''), 'hex');
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes;
}
