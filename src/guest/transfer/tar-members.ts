// Members of tar archives: header blocks read and written, extended records read and written.
// Knows bytes; judges only whether they are well-formed. Rules: POSIX.1-2017 pax(1), ustar and pax formats; GNU tar's L and K.
import { Fault } from '../../base/index.ts';

export const BLOCK = 512;

/** The fields of one header block that mean something to us. Names are latin1, so that every byte stays. */
export interface TarHeader {
  readonly name: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
  readonly type: string;
  readonly link: string;
}

export type PaxRecords = ReadonlyMap<string, string>;

export function archiveRefused(why: string): Fault {
  return new Fault('refused', 'TRANSFER_REFUSED', `The archive that the guest sent is not accepted: ${why}`, {
    hint: 'Nothing of it was kept. Copy a part that holds only files, directories and links.',
  });
}

export function isEmptyBlock(block: Buffer): boolean {
  return block.every((byte) => byte === 0);
}

/** Reads a header block; a wrong checksum or number is refused. */
export function readHeader(block: Buffer): TarHeader {
  if (numberAt(block, 148, 8) !== checksum(block)) throw archiveRefused('a header is damaged');
  const isUstar = block.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = isUstar ? textAt(block, 345, 155) : '';
  const name = textAt(block, 0, 100);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    mode: numberAt(block, 100, 8),
    uid: numberAt(block, 108, 8),
    gid: numberAt(block, 116, 8),
    size: sizeAt(block, 124, 12),
    mtime: numberAt(block, 136, 12),
    type: block[156] === 0 ? '0' : String.fromCharCode(block[156] ?? 0),
    link: textAt(block, 157, 100),
  };
}

/** A ustar block. What does not fit must be in pax records before it. */
export function writeHeader(header: TarHeader): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(header.name.slice(0, 100), 0, 'latin1');
  writeOctal(block, header.mode, 100, 8);
  writeOctal(block, header.uid, 108, 8);
  writeOctal(block, header.gid, 116, 8);
  writeOctal(block, header.size, 124, 12);
  writeOctal(block, Math.max(0, header.mtime), 136, 12);
  block.write(header.type, 156, 'latin1');
  block.write(header.link.slice(0, 100), 157, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  block.write(checksum(block).toString(8).padStart(6, '0'), 148, 'latin1');
  block[154] = 0;
  block[155] = 0x20;
  return block;
}

/** Reads pax records: `LENGTH KEY=VALUE\n`, in latin1. */
export function readPax(body: Buffer): Map<string, string> {
  const records = new Map<string, string>();
  const text = body.toString('latin1');
  for (let at = 0; at < text.length; ) {
    const space = text.indexOf(' ', at);
    const digits = space < 0 ? '' : text.slice(at, space);
    const length = /^[1-9]\d{0,8}$/.test(digits) ? Number(digits) : 0;
    const record = text.slice(space + 1, at + length);
    const equals = record.indexOf('=');
    if (length === 0 || at + length > text.length || !record.endsWith('\n') || equals < 1) {
      throw archiveRefused('an extended header is damaged');
    }
    const key = record.slice(0, equals);
    if (records.has(key)) throw archiveRefused('an extended header says something twice');
    records.set(key, record.slice(equals + 1, -1));
    at += length;
  }
  return records;
}

/** An extended header with these records; nothing when there are none. */
export function writePax(records: PaxRecords): Buffer {
  if (records.size === 0) return Buffer.alloc(0);
  let text = '';
  for (const [key, value] of records) text += paxRecord(key, value);
  const body = Buffer.from(text, 'latin1');
  const header = {
    name: 'novalet',
    mode: 0o600,
    uid: 0,
    gid: 0,
    size: body.length,
    mtime: 0,
    type: 'x',
    link: '',
  };
  return Buffer.concat([writeHeader(header), body, Buffer.alloc(padding(body.length))]);
}

/** From the end of so many bytes to the next block. */
export function padding(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return `${length}${rest}`;
}

function textAt(block: Buffer, at: number, length: number): string {
  const text = block.toString('latin1', at, at + length);
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

function sizeAt(block: Buffer, at: number, length: number): number {
  const size = numberAt(block, at, length);
  if (size < 0) throw archiveRefused('a size is negative');
  return size;
}

/** Octal digits, or GNU's base 256. */
function numberAt(block: Buffer, at: number, length: number): number {
  const first = block[at] ?? 0;
  if (first === 0x80 || first === 0xff) {
    let value = 0n;
    for (const byte of block.subarray(at + 1, at + length)) value = value * 256n + BigInt(byte);
    if (first === 0xff) value -= 256n ** BigInt(length - 1);
    return safe(Number(value));
  }
  const digits = textAt(block, at, length).trim();
  if (digits !== '' && !/^[0-7]+$/.test(digits))
    throw archiveRefused('a header holds something that is no number');
  return safe(digits === '' ? 0 : Number.parseInt(digits, 8));
}

function safe(value: number): number {
  if (!Number.isSafeInteger(value)) throw archiveRefused('a header holds a number beyond all measure');
  return value;
}

function writeOctal(block: Buffer, value: number, at: number, length: number): void {
  const digits = value.toString(8).padStart(length - 1, '0');
  if (digits.length < length) {
    block.write(digits, at, 'latin1');
    return;
  }
  block.writeBigUInt64BE(BigInt(value), at + length - 8);
  block[at] = 0x80;
}

/** The sum of the block's bytes with blanks for the sum itself. */
function checksum(block: Buffer): number {
  let sum = 8 * 0x20;
  for (let at = 0; at < BLOCK; at += 1) if (at < 148 || at >= 156) sum += block[at] ?? 0;
  return sum;
}
