// Headers of a tar file: 512 bytes before each member. Pure. Rules: POSIX.1-2017, pax, "ustar Interchange Format"; a size
// beyond eleven octal digits goes into a pax record, and GNU's base-256 sizes are read too.
// Only regular files: whatever else a tar can hold (links, devices, sparse files, long names) is refused by name.
import { Fault } from '../../base/index.ts';

export const TAR_BLOCK = 512;
const NAME_BYTES = 100;
const CHECKSUM_AT = 148;
const CHECKSUM_BYTES = 8;
/** The most that eleven octal digits say: 8 GiB less one byte. */
const OCTAL_MOST = 0o77777777777;
/** For pax records: far more than a size and a path take. */
const MAX_PAX_BYTES = 16 * 1024;

export interface TarMember {
  /** ASCII, at most 100 characters. */
  readonly name: string;
  readonly bytes: number;
}

/** What a header block says. */
export type TarHeader =
  | { readonly kind: 'file'; readonly name: string; readonly bytes: number }
  /** Records for the member that follows; `bytes` of them come after the block. */
  | { readonly kind: 'pax'; readonly bytes: number }
  /** A block of zeroes: two of them end the file. */
  | { readonly kind: 'end' };

const KINDS: Readonly<Record<string, string>> = {
  '1': 'a hard link',
  '2': 'a symbolic link',
  '3': 'a character device',
  '4': 'a block device',
  '5': 'a directory',
  '6': 'a pipe',
  g: 'records for the whole archive',
  K: 'a long link',
  L: 'a long name',
  S: 'a sparse file',
};

/** The block, or blocks, before a member's content: mode 0600, owner 0. */
export function writeTarHeader({ name, bytes }: TarMember, modified: Date): Buffer {
  const time = Math.floor(modified.getTime() / 1000);
  if (bytes <= OCTAL_MOST) return ustar({ name, bytes, time, type: '0' });
  const records = paxRecord('size', String(bytes));
  const pax = ustar({ name: 'PaxHeader', bytes: records.length, time, type: 'x' });
  return Buffer.concat([pax, padded(records), ustar({ name, bytes: 0, time, type: '0' })]);
}

/** Zeroes after a member of `bytes`, up to a whole block. */
export function tarPadding(bytes: number): Buffer {
  return Buffer.alloc((TAR_BLOCK - (bytes % TAR_BLOCK)) % TAR_BLOCK);
}

/** Two blocks of zeroes. */
export const TAR_END: Buffer = Buffer.alloc(2 * TAR_BLOCK);

/** Reads one block. Throws `ARCHIVE_INVALID`. */
export function readTarHeader(block: Buffer): TarHeader {
  if (block.every((byte) => byte === 0)) return { kind: 'end' };
  if (block.toString('latin1', 257, 262) !== 'ustar') throw archiveInvalid('it is not a tar file');
  if (octal(block, CHECKSUM_AT, CHECKSUM_BYTES) !== checksum(block)) {
    throw archiveInvalid('the checksum of a header is wrong');
  }
  const type = String.fromCharCode(block[156] ?? 0);
  const bytes = sizeOf(block);
  if (type === 'x') {
    if (bytes <= MAX_PAX_BYTES) return { kind: 'pax', bytes };
    throw archiveInvalid(`a header claims ${bytes} bytes of records`);
  }
  const name = text(block, 0, NAME_BYTES);
  const prefix = text(block, 345, 155);
  const whole = prefix === '' ? name : `${prefix}/${name}`;
  if (type === '0' || type === '\0') return { kind: 'file', name: whole, bytes };
  throw archiveInvalid(
    `${shownName(whole)} is ${KINDS[type] ?? 'something unknown'}, and only files belong here`,
  );
}

/** The records that matter of a pax header; others (times, owners) change nothing here. Throws `ARCHIVE_INVALID`. */
export function readPaxRecords(records: Buffer): Partial<TarMember> {
  const found: { name?: string; bytes?: number } = {};
  for (let at = 0; at < records.length; ) {
    const space = records.indexOf(0x20, at);
    const length = Number(records.toString('latin1', at, Math.max(at, space)));
    const end = at + length;
    if (!Number.isInteger(length) || end > records.length || end <= space + 1 || records[end - 1] !== 0x0a) {
      throw archiveInvalid('a record of a header cannot be read');
    }
    const [key = '', ...value] = records.toString('utf8', space + 1, end - 1).split('=');
    if (key === 'path') found.name = value.join('=');
    if (key === 'size') found.bytes = decimal(value.join('='));
    if (key.startsWith('GNU.sparse'))
      throw archiveInvalid('it holds a sparse file, and only plain ones belong here');
    at = end;
  }
  return found;
}

/** What is wrong with an archive as a file. */
export function archiveInvalid(problem: string, cause?: unknown): Fault {
  return new Fault('corrupt', 'ARCHIVE_INVALID', `The archive cannot be read: ${problem}`, {
    cause,
    hint: 'Copy it again from where it was made, whole and unchanged: novalet export NAME FILE',
  });
}

/** A name out of the file for a message. */
export function shownName(name: string): string {
  return JSON.stringify(name.slice(0, 100));
}

interface UstarFields extends TarMember {
  readonly time: number;
  readonly type: string;
}

function ustar({ name, bytes, time, type }: UstarFields): Buffer {
  if (name === '' || name.length > NAME_BYTES || /[^\x21-\x7e]/.test(name)) {
    throw new Fault(
      'internal',
      'ARCHIVE_NAME_INVALID',
      `A member of an archive cannot be named ${shownName(name)}`,
      {
        hint: 'Report this as a defect.',
      },
    );
  }
  const block = Buffer.alloc(TAR_BLOCK);
  block.write(name, 0, 'latin1');
  block.write('0000600\0', 100, 'latin1');
  block.write('0000000\0', 108, 'latin1');
  block.write('0000000\0', 116, 'latin1');
  block.write(`${bytes.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  block.write(`${time.toString(8).padStart(11, '0')}\0`, 136, 'latin1');
  block.write(type, 156, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  block.write('root\0', 265, 'latin1');
  block.write('root\0', 297, 'latin1');
  block.write(`${checksum(block).toString(8).padStart(6, '0')}\0 `, CHECKSUM_AT, 'latin1');
  return block;
}

/** The sum of all bytes, those of the checksum counted as spaces. */
function checksum(block: Buffer): number {
  return block.reduce(
    (sum, byte, at) => sum + (at >= CHECKSUM_AT && at < CHECKSUM_AT + CHECKSUM_BYTES ? 0x20 : byte),
    0,
  );
}

/** `<length> <key>=<value>\n`, where the length counts itself. */
function paxRecord(key: string, value: string): Buffer {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.from(`${length}${rest}`, 'latin1');
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, tarPadding(bytes.length)]);
}

function sizeOf(block: Buffer): number {
  const first = block[124] ?? 0;
  if ((first & 0x80) === 0) return octal(block, 124, 12);
  // GNU: the rest of the field is a big-endian number.
  if (first !== 0x80 || block.readUInt32BE(125) >>> 8 !== 0) throw archiveInvalid('a size is out of bounds');
  return safe(block.readBigUInt64BE(128));
}

function octal(block: Buffer, at: number, length: number): number {
  const digits = block
    .toString('latin1', at, at + length)
    .replace(/[\0 ]+$/, '')
    .trimStart();
  if (!/^[0-7]{1,12}$/.test(digits)) throw archiveInvalid('a number of a header cannot be read');
  return Number.parseInt(digits, 8);
}

function decimal(digits: string): number {
  if (!/^\d{1,19}$/.test(digits)) throw archiveInvalid('a size of a header cannot be read');
  return safe(BigInt(digits));
}

function safe(value: bigint): number {
  if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  throw archiveInvalid('a size is out of bounds');
}

function text(block: Buffer, at: number, length: number): string {
  const field = block.subarray(at, at + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end === -1 ? length : end);
}
