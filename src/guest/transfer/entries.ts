// What the guest says of its files, decoded: records of find -printf, or batches of stat lines.
import { decodeName } from './guest-path.ts';
import { kindOfMode } from './kinds.ts';
import { answerInvalid } from './script-faults.ts';

export type EntryKind =
  | 'file'
  | 'directory'
  | 'link'
  | 'fifo'
  | 'socket'
  | 'character-device'
  | 'block-device';

/** A file in the guest (or, for comparisons, here). */
export interface Entry {
  /** Below what was listed; bytes that are not UTF-8 stand as U+DC00 + byte. */
  readonly name: string;
  readonly kind: EntryKind;
  readonly size: number;
  /** Permissions with setuid, setgid and sticky: 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Names as the guest has them; numbers in digits where it has none. */
  readonly owner: string;
  readonly group: string;
  /** Nanoseconds since 1970. */
  readonly mtimeNs: bigint;
  /** Where a link points to. */
  readonly target: string | undefined;
}

/** The most entries that one listing takes. */
export const MAX_ENTRIES = 1_000_000;

const KINDS: Readonly<Record<string, EntryKind>> = {
  f: 'file',
  d: 'directory',
  l: 'link',
  p: 'fifo',
  s: 'socket',
  c: 'character-device',
  b: 'block-device',
};
const FIELDS = 10;

/** Records of LIST_PRINTF. */
export function decodePrintf(words: readonly string[], path: string): Entry[] {
  if (words.length % FIELDS !== 0) throw answerInvalid(path, 'is not whole');
  const entries: Entry[] = [];
  for (let at = 0; at < words.length; at += FIELDS) {
    const [
      kind = '',
      size = '',
      mode = '',
      uid = '',
      gid = '',
      owner = '',
      group = '',
      time = '',
      name = '',
      target = '',
    ] = words.slice(at, at + FIELDS);
    const known = KINDS[kind];
    if (known === undefined) throw answerInvalid(path, 'names an unknown kind of file');
    entries.push({
      name: checkedName(name, path),
      kind: known,
      size: number(size, 10, path),
      mode: number(mode, 8, path) & 0o7777,
      uid: number(uid, 10, path),
      gid: number(gid, 10, path),
      owner,
      group,
      mtimeNs: seconds(time, path),
      target: known === 'link' ? target : undefined,
    });
  }
  return entries;
}

const STAT_LINE =
  /^([0-9a-f]{1,8}) (\d{1,19}) (\d{1,10}) (\d{1,10}) (\d{4,6}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{9}))? \+0000\/([^/\n]*)\/([^/\n]*)\/$/;
const LONGEST_LINE = 512;

/** Batches of LIST_STAT about `start`. */
export function decodeStat(answer: Buffer, start: string): Entry[] {
  const entries: Entry[] = [];
  let at = 0;
  const word = (): Buffer => {
    const end = answer.indexOf(0, at);
    if (end < 0) throw answerInvalid(start, 'breaks off');
    const bytes = answer.subarray(at, end);
    at = end + 1;
    return bytes;
  };
  while (at < answer.length) {
    const count = number(word().toString('latin1'), 10, start);
    if (count > 100_000) throw answerInvalid(start, 'names too many files at once');
    const names = Array.from({ length: count }, word);
    const lines = word();
    const targets = Array.from({ length: count }, word);
    let line = 0;
    names.forEach((name, index) => {
      const place = lines.indexOf(Buffer.concat([name, Buffer.from('\n')]), line);
      const head =
        place < 0 ? null : STAT_LINE.exec(lines.toString('utf8', line, Math.min(place, line + LONGEST_LINE)));
      if (head === null) return; // gone between find and stat
      line = place + name.length + 1;
      const rest = below(decodeName(name), start);
      entries.push(
        statEntry(checkedName(rest, start), head, decodeName(targets[index] ?? Buffer.alloc(0)), start),
      );
    });
    if (line !== lines.length) throw answerInvalid(start, 'tells of files that it did not name');
  }
  return entries;
}

function statEntry(name: string, head: RegExpExecArray, target: string, path: string): Entry {
  const [
    ,
    raw = '',
    size = '',
    uid = '',
    gid = '',
    day = '',
    time = '',
    fraction = '0',
    owner = '',
    group = '',
  ] = head;
  const mode = number(raw, 16, path);
  const kind = kindOfMode(mode);
  const milliseconds = Date.parse(`${day}T${time}Z`);
  if (kind === undefined || Number.isNaN(milliseconds))
    throw answerInvalid(path, 'holds an unknown kind or time');
  return {
    name,
    kind,
    size: number(size, 10, path),
    mode: mode & 0o7777,
    uid: number(uid, 10, path),
    gid: number(gid, 10, path),
    owner: owner === 'UNKNOWN' ? uid : owner,
    group: group === 'UNKNOWN' ? gid : group,
    mtimeNs: BigInt(milliseconds) * 1_000_000n + BigInt(fraction),
    target: kind === 'link' ? target : undefined,
  };
}

/** The part of a found path below where the search began. */
function below(found: string, start: string): string {
  if (found === start) return '';
  const prefix = start.endsWith('/') ? start : `${start}/`;
  if (!found.startsWith(prefix)) throw answerInvalid(start, 'names a file elsewhere');
  return found.slice(prefix.length);
}

/** Below means below. */
function checkedName(name: string, path: string): string {
  if (name !== '' && name.split('/').some((part) => part === '' || part === '.' || part === '..')) {
    throw answerInvalid(path, 'names a file elsewhere');
  }
  return name;
}

function number(text: string, base: 8 | 10 | 16, path: string): number {
  const value = /^[0-9a-f]{1,19}$/.test(text) ? Number.parseInt(text, base) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw answerInvalid(path, 'holds something that is no number');
  return value;
}

function seconds(text: string, path: string): bigint {
  const match = /^(-?)(\d{1,12})(?:\.(\d{1,20}))?$/.exec(text);
  if (match === null) throw answerInvalid(path, 'holds something that is no time');
  const [, sign = '', whole = '', fraction = ''] = match;
  const ns = BigInt(whole) * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
  return sign === '' ? ns : -ns;
}
