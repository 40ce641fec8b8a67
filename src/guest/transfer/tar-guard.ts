// Stands between an archive that a guest sends and the tar of this host: reads every member, refuses what an honest copy
// of files, directories and links does not hold, and writes the archive anew from what it understood, so that the two
// programs cannot read one archive in two ways.
import { Transform, type TransformCallback } from 'node:stream';
import { decodeName } from './guest-path.ts';
import { transferTooLarge } from './host-room.ts';
import {
  archiveRefused,
  BLOCK,
  isEmptyBlock,
  type PaxRecords,
  padding,
  readHeader,
  readPax,
  type TarHeader,
  writeHeader,
  writePax,
} from './tar-members.ts';

export interface GuardLimits {
  /** Of all files together, as they will be on the disk (holes count). */
  readonly maxBytes?: number | undefined;
  readonly maxEntries?: number | undefined;
  /** Of all names together: they are held in memory. Default 128 MiB. */
  readonly maxNameBytes?: number | undefined;
  /** Lets setuid, setgid and sticky through. */
  readonly keepsSetId?: boolean | undefined;
}

type Kind = 'file' | 'directory' | 'link';

const KINDS: Readonly<Record<string, Kind>> = { '0': 'file', '1': 'file', '2': 'link', '5': 'directory' };
const LARGEST_META = 1024 * 1024;
const LONGEST_PATH = 4096;
const DEFAULT_ENTRIES = 1_000_000;
const DEFAULT_NAME_BYTES = 128 * 1024 * 1024;
/** Largest number of a ustar size field: 11 octal digits. */
const USTAR_SIZE = 8 ** 11 - 1;
/** Records about what the header says too, and those that go through as they are. */
const OWN = new Set(['path', 'linkpath', 'size', 'mtime', 'uid', 'gid', 'uname', 'gname', 'atime', 'ctime']);
const SPARSE = new Set(['GNU.sparse.major', 'GNU.sparse.minor', 'GNU.sparse.name', 'GNU.sparse.realsize']);
const PASSED = /^(?:SCHILY\.xattr\.user\.[^=]+|SCHILY\.acl\.(?:access|default))$/;

export class TarGuard extends Transform {
  /** Names that will be there, with the directories that lead to them; not the top itself. */
  readonly #seen = new Map<string, Kind>();
  readonly #limits: GuardLimits;
  #block: Buffer[] = [];
  #gathered = 0;
  /** The body of a member that describes the next one. */
  #meta: { readonly type: string; readonly size: number } | undefined;
  #wanted = BLOCK;
  #passing = 0;
  #pax: PaxRecords = new Map();
  #longName: string | undefined;
  #longLink: string | undefined;
  #nameBytes = 0;
  bytes = 0;

  constructor(limits: GuardLimits = {}) {
    super();
    this.#limits = limits;
  }

  /** Members by name. */
  get entries(): number {
    return this.#seen.size;
  }

  override _transform(piece: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      for (let at = 0; at < piece.length; ) at += this.#take(piece.subarray(at));
      done();
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
    }
  }

  override _flush(done: TransformCallback): void {
    const isWhole =
      this.#passing === 0 && this.#gathered === 0 && this.#meta === undefined && !this.#isDescribed();
    if (!isWhole) {
      done(archiveRefused('it breaks off'));
      return;
    }
    this.push(Buffer.alloc(2 * BLOCK));
    done();
  }

  /** Uses some bytes from the beginning of `piece`, and says how many. */
  #take(piece: Buffer): number {
    if (this.#passing > 0) {
      const data = piece.subarray(0, this.#passing);
      this.#passing -= data.length;
      this.push(data);
      return data.length;
    }
    const part = piece.subarray(0, this.#wanted - this.#gathered);
    this.#block.push(part);
    this.#gathered += part.length;
    if (this.#gathered === this.#wanted) {
      const whole = Buffer.concat(this.#block);
      this.#block = [];
      this.#gathered = 0;
      this.#wanted = BLOCK;
      if (this.#meta === undefined) this.#onHeader(whole);
      else this.#onMeta(this.#meta, whole);
    }
    return part.length;
  }

  #onHeader(block: Buffer): void {
    if (isEmptyBlock(block)) return; // the end of an archive; another may follow
    const header = readHeader(block);
    if (header.type !== 'x' && header.type !== 'L' && header.type !== 'K') {
      this.#onMember(header);
      return;
    }
    if (header.size === 0 || header.size > LARGEST_META) throw archiveRefused('a description is too large');
    this.#meta = { type: header.type, size: header.size };
    this.#wanted = header.size + padding(header.size);
  }

  #onMeta(meta: { readonly type: string; readonly size: number }, padded: Buffer): void {
    this.#meta = undefined;
    const body = padded.subarray(0, meta.size);
    if (meta.type === 'x') {
      if (this.#pax.size > 0) throw archiveRefused('a member is described twice');
      this.#pax = readPax(body);
      return;
    }
    const name = body.toString('latin1').replace(/\0+$/, '');
    if (meta.type === 'L') this.#longName = name;
    else this.#longLink = name;
  }

  #onMember(header: TarHeader): void {
    const kind = KINDS[header.type];
    if (kind === undefined) throw archiveRefused(`it holds a member of type "${printable(header.type)}"`);
    const pax = this.#pax;
    for (const key of pax.keys()) {
      if (!OWN.has(key) && !SPARSE.has(key) && !PASSED.test(key)) {
        throw archiveRefused(`a member has the property ${printable(key)}`);
      }
    }
    const isSparse = checkSparse(pax, header.type);
    const name = checkedName(pax.get('GNU.sparse.name') ?? pax.get('path') ?? this.#longName ?? header.name);
    const link = pax.get('linkpath') ?? this.#longLink ?? header.link;
    const size = kind === 'file' && header.type === '0' ? decimal(pax.get('size'), header.size) : 0;
    if (header.type !== '0' && decimal(pax.get('size'), header.size) !== 0) {
      throw archiveRefused(`${printable(name)} has content and is no file`);
    }
    this.#register(name, kind);
    this.#checkLink(header.type, name, link);
    this.#count(isSparse ? decimal(pax.get('GNU.sparse.realsize'), 0) : size);
    const links = header.type === '1' ? checkedName(link) : link;
    this.#emit({ ...header, name, link: header.type === '0' ? '' : links, size });
    this.#passing = size + padding(size);
    this.#pax = new Map();
    this.#longName = undefined;
    this.#longLink = undefined;
  }

  /** A name comes once, and only directories are above it. */
  #register(name: string, kind: Kind): void {
    if (name === '.') {
      if (kind !== 'directory') throw archiveRefused('its top is no directory');
      return;
    }
    const before = this.#seen.get(name);
    if (before !== undefined && (before !== 'directory' || kind !== 'directory')) {
      throw archiveRefused(`${printable(name)} comes twice`);
    }
    for (let at = name.indexOf('/'); at >= 0; at = name.indexOf('/', at + 1)) {
      const above = name.slice(0, at);
      const what = this.#seen.get(above);
      if (what === undefined) this.#remember(above, 'directory');
      else if (what !== 'directory')
        throw archiveRefused(`${printable(name)} lies beneath something that is no directory`);
    }
    this.#remember(name, kind);
  }

  #remember(name: string, kind: Kind): void {
    if (!this.#seen.has(name)) this.#nameBytes += name.length;
    this.#seen.set(name, kind);
    const { maxEntries = DEFAULT_ENTRIES, maxNameBytes = DEFAULT_NAME_BYTES } = this.#limits;
    if (this.#seen.size > maxEntries) throw archiveRefused('it holds too many members');
    if (this.#nameBytes > maxNameBytes) throw archiveRefused('the names of its members are too long');
  }

  #checkLink(type: string, name: string, link: string): void {
    if (type === '2' && (link === '' || link.length >= LONGEST_PATH || link.includes('\0'))) {
      throw archiveRefused(`the link ${printable(name)} has no target, or one that is too long`);
    }
    if (type === '1' && (checkedName(link) === name || this.#seen.get(checkedName(link)) !== 'file')) {
      throw archiveRefused(`${printable(name)} is a hard link to something that did not come before it`);
    }
  }

  #count(bytes: number): void {
    this.bytes += bytes;
    const { maxBytes } = this.#limits;
    if (maxBytes !== undefined && this.bytes > maxBytes) throw transferTooLarge('the directory', maxBytes);
  }

  #emit(header: TarHeader): void {
    const before = this.#pax;
    const records = new Map<string, string>();
    const isSparse = before.has('GNU.sparse.name');
    if (isSparse) records.set('GNU.sparse.name', header.name);
    else records.set('path', header.name);
    if (header.link !== '') records.set('linkpath', header.link);
    if (header.size > USTAR_SIZE) records.set('size', String(header.size));
    const mtime = before.get('mtime') ?? String(header.mtime);
    if (!/^-?\d{1,12}(?:\.\d{1,20})?$/.test(mtime)) throw archiveRefused('a member has a time that is none');
    records.set('mtime', mtime);
    const [uid, gid] = [decimal(before.get('uid'), header.uid), decimal(before.get('gid'), header.gid)];
    for (const [key, value] of before) {
      if (PASSED.test(key) || (SPARSE.has(key) && key !== 'GNU.sparse.name')) records.set(key, value);
    }
    const mode = header.mode & (this.#limits.keepsSetId === true ? 0o7777 : 0o777);
    const size = header.size > USTAR_SIZE ? 0 : header.size;
    this.push(writePax(records));
    this.push(writeHeader({ ...header, uid, gid, mode, size, mtime: Math.trunc(Number(mtime)) }));
  }

  #isDescribed(): boolean {
    return this.#pax.size > 0 || this.#longName !== undefined || this.#longLink !== undefined;
  }
}

/** Relative, without `.` and `..`; `.` for the top. */
function checkedName(name: string): string {
  if (name.startsWith('/') || name === '' || name.length >= LONGEST_PATH || name.includes('\0')) {
    throw archiveRefused(`it holds the name ${printable(name.slice(0, 100))}`);
  }
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw archiveRefused(`the name ${printable(name)} leads out of it`);
  return parts.length === 0 ? '.' : parts.join('/');
}

/** Only the one form that GNU tar writes today. */
function checkSparse(pax: PaxRecords, type: string): boolean {
  const keys = [...pax.keys()].filter((key) => SPARSE.has(key));
  if (keys.length === 0) return false;
  const isKnown =
    keys.length === SPARSE.size &&
    pax.get('GNU.sparse.major') === '1' &&
    pax.get('GNU.sparse.minor') === '0' &&
    type === '0';
  if (!isKnown) throw archiveRefused('a sparse file is described in an unknown way');
  return true;
}

function decimal(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw archiveRefused('a member holds something that is no number');
  return value;
}

function printable(latin1: string): string {
  return JSON.stringify(decodeName(Buffer.from(latin1, 'latin1')));
}
