// The entries of a directory: 32 bytes for a short name, and before it one for every thirteen characters of a long one.
// Source: Microsoft, "FAT32 File System Specification" 1.03.
import { isShort, type ShortName } from './short-names.ts';

export const ENTRY = 32;

const READ_ONLY = 0x01;
const VOLUME_LABEL = 0x08;
const DIRECTORY = 0x10;
const ARCHIVE = 0x20;
const LONG_NAME = 0x0f;
const LAST_LONG_ENTRY = 0x40;
const UNITS_PER_ENTRY = 13;
/** Where the thirteen characters stand. */
const UNIT_OFFSETS = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30] as const;

/** A date as in an entry. The year must lie between 1980 and 2107; seconds are even ones. */
export interface Stamp {
  readonly date: number;
  readonly time: number;
}

export interface NodeFacts {
  readonly kind: 'file' | 'directory';
  /** 0 for an empty file, and for the root as somebody's parent. */
  readonly cluster: number;
  /** 0 for directories. */
  readonly sizeBytes: number;
  readonly stamp: Stamp;
}

export function stampOf(date: Date): Stamp {
  return {
    date: ((date.getUTCFullYear() - 1980) << 9) | ((date.getUTCMonth() + 1) << 5) | date.getUTCDate(),
    time: (date.getUTCHours() << 11) | (date.getUTCMinutes() << 5) | (date.getUTCSeconds() >> 1),
  };
}

/** How many entries a name takes. */
export function entriesFor(name: string): number {
  return isShort(name) ? 1 : 1 + Math.ceil(name.length / UNITS_PER_ENTRY);
}

/** `label`: eleven characters. */
export function labelEntry(label: string, stamp: Stamp): Buffer {
  return shortEntry(label, VOLUME_LABEL, { kind: 'file', cluster: 0, sizeBytes: 0, stamp });
}

/** `.` and `..`, with which every directory but the root begins. */
export function dotEntries(own: NodeFacts, parent: NodeFacts): readonly Buffer[] {
  return [shortEntry('.'.padEnd(11), DIRECTORY, own), shortEntry('..'.padEnd(11), DIRECTORY, parent)];
}

export function nodeEntries(name: string, short: ShortName, facts: NodeFacts): readonly Buffer[] {
  const attributes = facts.kind === 'directory' ? DIRECTORY : ARCHIVE | READ_ONLY;
  const own = shortEntry(short, attributes, facts);
  return isShort(name) ? [own] : [...longEntries(name, checksum(short)), own];
}

function shortEntry(short: ShortName, attributes: number, { cluster, sizeBytes, stamp }: NodeFacts): Buffer {
  const entry = Buffer.alloc(ENTRY);
  entry.write(short, 0, 'latin1');
  entry.writeUInt8(attributes, 11);
  entry.writeUInt16LE(stamp.time, 14);
  entry.writeUInt16LE(stamp.date, 16);
  entry.writeUInt16LE(stamp.date, 18);
  entry.writeUInt16LE(stamp.time, 22);
  entry.writeUInt16LE(stamp.date, 24);
  entry.writeUInt16LE(cluster, 26);
  entry.writeUInt32LE(sizeBytes, 28);
  return entry;
}

/** The name's last part stands first. Behind its end comes one zero, and then only ones. */
function longEntries(name: string, sum: number): readonly Buffer[] {
  const count = Math.ceil(name.length / UNITS_PER_ENTRY);
  return Array.from({ length: count }, (_, at) => {
    const part = count - 1 - at;
    const entry = Buffer.alloc(ENTRY);
    entry.writeUInt8((part + 1) | (at === 0 ? LAST_LONG_ENTRY : 0), 0);
    entry.writeUInt8(LONG_NAME, 11);
    entry.writeUInt8(sum, 13);
    for (const [index, offset] of UNIT_OFFSETS.entries()) {
      const unit = part * UNITS_PER_ENTRY + index;
      const code = unit < name.length ? name.charCodeAt(unit) : unit === name.length ? 0 : 0xffff;
      entry.writeUInt16LE(code, offset);
    }
    return entry;
  });
}

/** Ties long entries to their short one. */
function checksum(short: ShortName): number {
  let sum = 0;
  for (const byte of Buffer.from(short, 'latin1')) sum = (((sum & 1) << 7) + (sum >> 1) + byte) & 0xff;
  return sum;
}
