// Rock Ridge: the POSIX facts of a node as system use entries (IEEE P1281 SUSP 1.12, P1282 RRIP).
// The volume says RRIP_1991A and PX has 36 bytes, the form of RRIP 1.10, as genisoimage writes it: the BSDs' readers know
// only that identifier, and Linux takes both. Nothing that 1.12 adds (file serial numbers) is needed here.

import type { VolumeNode } from '../volume-tree.ts';
import { SECTOR, shortDate, writeBoth32 } from './fields.ts';

/** Files are for root alone, since user data and passwords are among them; cloud-init reads as root. */
const FILE_MODE = 0o100400;
const DIRECTORY_MODE = 0o040555;

const CE_BYTES = 28;
const NM_MAX = 250;
const NM_CONTINUES = 1;
const TF_MODIFY_ACCESS_ATTRIBUTES = 0x0e;

const ER_ID = 'RRIP_1991A';
const ER_DESCRIPTION = 'THE ROCK RIDGE INTERCHANGE PROTOCOL PROVIDES SUPPORT FOR POSIX FILE SYSTEM SEMANTICS';
const ER_SOURCE =
  'PLEASE CONTACT DISC PUBLISHER FOR SPECIFICATION SOURCE.  SEE PUBLISHER IDENTIFIER IN PRIMARY VOLUME DESCRIPTOR FOR CONTACT INFORMATION.';

/** SP: system use entries are in use, and begin at the first byte (SUSP 5.3). Stands first in the root's own record. */
export const SHARING_PROTOCOL: Buffer = Buffer.from([0x53, 0x50, 7, 1, 0xbe, 0xef, 0]);

/** ER: which extension the entries follow (SUSP 5.5); the texts are the specification's. */
export const EXTENSION_REFERENCE: Buffer = Buffer.concat([
  header('ER', 8 + ER_ID.length + ER_DESCRIPTION.length + ER_SOURCE.length),
  Buffer.from([ER_ID.length, ER_DESCRIPTION.length, ER_SOURCE.length, 1]),
  Buffer.from(ER_ID + ER_DESCRIPTION + ER_SOURCE, 'latin1'),
]);

/** TF: when a node was changed, read and re-attributed (P1282 4.1.6); the same for every node of a volume. */
export function timestamps(date: Date): Buffer {
  const stamp = shortDate(date);
  const flags = Buffer.from([TF_MODIFY_ACCESS_ATTRIBUTES]);
  return Buffer.concat([header('TF', 26), flags, stamp, stamp, stamp]);
}

/** PX: mode and links; the owner is root (P1282 4.1.1). */
export function posixAttributes(node: VolumeNode): Buffer {
  const px = Buffer.alloc(36);
  header('PX', 36).copy(px);
  const at = writeBoth32(px, node.kind === 'file' ? FILE_MODE : DIRECTORY_MODE, 4);
  writeBoth32(px, linkCount(node), at);
  return px;
}

/** NM: the name as it is, in UTF-8; in pieces where it is longer than one entry can hold. */
export function alternateName(name: string): readonly Buffer[] {
  const bytes = Buffer.from(name);
  const pieces: Buffer[] = [];
  for (let from = 0; from < bytes.length; from += NM_MAX) {
    const piece = bytes.subarray(from, from + NM_MAX);
    const flags = from + NM_MAX < bytes.length ? NM_CONTINUES : 0;
    pieces.push(Buffer.concat([header('NM', 5 + piece.length), Buffer.from([flags]), piece]));
  }
  return pieces;
}

/** The system use field of one record. What finds no room there stands in a continuation area. */
export interface SystemUse {
  readonly inline: Buffer;
  readonly continuation: ContinuationPlace | null;
}

export interface ContinuationPlace {
  readonly sector: number;
  readonly offset: number;
  readonly bytes: Buffer;
}

/** The continuation areas of a volume, packed into sectors. An area never crosses a sector: Linux reads only one. */
export class ContinuationAreas {
  readonly #places: ContinuationPlace[] = [];
  #end = 0;

  get sectors(): number {
    return Math.ceil(this.#end / SECTOR);
  }

  /** Splits `entries` so that the inline part, with a CE where one is needed, has at most `room` bytes. */
  split(entries: readonly Buffer[], room: number, always: readonly Buffer[] = []): SystemUse {
    const whole = Buffer.concat(entries);
    if (whole.length <= room && always.length === 0) return { inline: whole, continuation: null };
    let fitting = 0;
    let used = CE_BYTES;
    for (const entry of entries) {
      if (used + entry.length > room) break;
      used += entry.length;
      fitting += 1;
    }
    const continuation = this.#place(Buffer.concat([...entries.slice(fitting), ...always]));
    return { inline: Buffer.concat([...entries.slice(0, fitting), Buffer.alloc(CE_BYTES)]), continuation };
  }

  /** Writes all areas, the first sector being `extent`. */
  write(image: Buffer, extent: number): void {
    for (const { sector, offset, bytes } of this.#places) {
      bytes.copy(image, (extent + sector) * SECTOR + offset);
    }
  }

  #place(bytes: Buffer): ContinuationPlace {
    const left = SECTOR - (this.#end % SECTOR);
    if (bytes.length > left) this.#end += left;
    const place = { sector: Math.floor(this.#end / SECTOR), offset: this.#end % SECTOR, bytes };
    this.#end += bytes.length;
    this.#places.push(place);
    return place;
  }
}

/** Writes a system use field at `offset`; its CE, always the last entry, gets the areas' first sector `extent`. */
export function writeSystemUse(image: Buffer, use: SystemUse, offset: number, extent: number): void {
  use.inline.copy(image, offset);
  if (use.continuation === null) return;
  const at = offset + use.inline.length - CE_BYTES;
  header('CE', CE_BYTES).copy(image, at);
  let next = writeBoth32(image, extent + use.continuation.sector, at + 4);
  next = writeBoth32(image, use.continuation.offset, next);
  writeBoth32(image, use.continuation.bytes.length, next);
}

function header(signature: string, length: number): Buffer {
  return Buffer.from([signature.charCodeAt(0), signature.charCodeAt(1), length, 1]);
}

function linkCount(node: VolumeNode): number {
  if (node.kind === 'file') return 1;
  return 2 + [...node.children.values()].filter((child) => child.kind === 'directory').length;
}
