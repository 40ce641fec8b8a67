// One view of the tree: its directories in path table order, their records and their path tables (ECMA-119 §6.8, §6.9,
// §9.1, §9.4). A volume has two, plain with Rock Ridge and Joliet; both point at the same file contents.

import type { VolumeDirectory, VolumeFile, VolumeNode } from '../volume-tree.ts';
import { SECTOR, sectorsFor, shortDate, writeBoth16, writeBoth32 } from './fields.ts';
import type { NamedNode, Naming } from './names.ts';
import {
  alternateName,
  ContinuationAreas,
  EXTENSION_REFERENCE,
  posixAttributes,
  SHARING_PROTOCOL,
  type SystemUse,
  timestamps,
  writeSystemUse,
} from './rock-ridge.ts';

const DIRECTORY_FLAG = 2;
const RECORD_BYTES = 33;
/** A record's length is one even byte. */
const RECORD_MAX = 254;
const NO_SYSTEM_USE: SystemUse = { inline: Buffer.alloc(0), continuation: null };

/** Where something stands and how long it is. */
export interface Extent {
  readonly sector: number;
  readonly sizeBytes: number;
}

export interface ViewOptions {
  readonly naming: Naming;
  readonly rockRidge: boolean;
  readonly date: Date;
}

interface RecordPlan {
  readonly identifier: Buffer;
  readonly node: VolumeNode;
  readonly use: SystemUse;
  readonly offset: number;
}

interface DirectoryPlan {
  readonly node: VolumeDirectory;
  readonly identifier: Buffer;
  readonly parent: number;
  readonly records: readonly RecordPlan[];
  readonly sizeBytes: number;
}

/** Lays a view out when it is made; `place` says where it stands, `write` puts it there. */
export class DirectoryView {
  readonly #options: ViewOptions;
  readonly #date: Buffer;
  readonly #timestamps: Buffer;
  readonly #directories: DirectoryPlan[] = [];
  readonly #numberOf = new Map<VolumeDirectory, number>();
  readonly #extents: Extent[] = [];
  readonly #areas = new ContinuationAreas();
  #areasExtent = 0;
  readonly pathTableBytes: number;

  constructor(root: VolumeDirectory, options: ViewOptions) {
    this.#options = options;
    this.#date = shortDate(options.date);
    this.#timestamps = timestamps(options.date);
    this.#plan(root);
    this.pathTableBytes = this.#directories.reduce(
      (sum, { identifier }) => sum + pathEntryBytes(identifier),
      0,
    );
  }

  /** Takes the sectors from `first` on; gives the first free one behind. */
  place(first: number): number {
    let sector = first;
    for (const { sizeBytes } of this.#directories) {
      this.#extents.push({ sector, sizeBytes });
      sector += sectorsFor(sizeBytes);
    }
    this.#areasExtent = sector;
    return sector + this.#areas.sectors;
  }

  /** The root's record as the volume descriptor has it: 34 bytes, no system use. */
  rootRecord(): Buffer {
    const record = Buffer.alloc(34);
    this.#writeRecord(record, 0, Buffer.alloc(1), { ...this.#extent(0), flags: DIRECTORY_FLAG, useBytes: 0 });
    return record;
  }

  write(image: Buffer, contentOf: (file: VolumeFile) => Extent): void {
    for (const [index, directory] of this.#directories.entries()) {
      const start = this.#extent(index).sector * SECTOR;
      for (const { identifier, node, use, offset } of directory.records) {
        const isFile = node.kind === 'file';
        const extent = isFile ? contentOf(node) : this.#extent(this.#numberOf.get(node) ?? 0);
        const facts = { ...extent, flags: isFile ? 0 : DIRECTORY_FLAG, useBytes: use.inline.length };
        const useAt = this.#writeRecord(image, start + offset, identifier, facts);
        writeSystemUse(image, use, useAt, this.#areasExtent);
      }
    }
    this.#areas.write(image, this.#areasExtent);
  }

  writePathTable(image: Buffer, sector: number, endian: 'little' | 'big'): void {
    let at = sector * SECTOR;
    for (const [index, { identifier, parent }] of this.#directories.entries()) {
      image.writeUInt8(identifier.length, at);
      const extent = this.#extent(index).sector;
      if (endian === 'little') {
        image.writeUInt32LE(extent, at + 2);
        image.writeUInt16LE(parent + 1, at + 6);
      } else {
        image.writeUInt32BE(extent, at + 2);
        image.writeUInt16BE(parent + 1, at + 6);
      }
      identifier.copy(image, at + 8);
      at += pathEntryBytes(identifier);
    }
  }

  /** Level by level, parents in order, names in order: the order that a path table must have (6.9.1). */
  #plan(root: VolumeDirectory): void {
    const queue: { readonly node: VolumeDirectory; readonly identifier: Buffer; readonly parent: number }[] =
      [{ node: root, identifier: Buffer.alloc(1), parent: 0 }];
    for (let index = 0; index < queue.length; index += 1) {
      const entry = queue[index];
      if (entry === undefined) break;
      this.#numberOf.set(entry.node, index);
      const named = this.#options.naming(entry.node);
      const parentNode = queue[entry.parent]?.node ?? root;
      this.#directories.push({ ...entry, ...this.#planRecords(entry.node, parentNode, named, index === 0) });
      for (const { node, identifier } of named) {
        if (node.kind === 'directory') queue.push({ node, identifier, parent: index });
      }
    }
  }

  #planRecords(self: VolumeDirectory, parent: VolumeDirectory, named: readonly NamedNode[], isRoot: boolean) {
    const records: RecordPlan[] = [];
    let offset = 0;
    const add = (node: VolumeNode, identifier: Buffer, use: SystemUse) => {
      const length = recordBytes(identifier, use.inline.length);
      const left = SECTOR - (offset % SECTOR);
      if (length > left) offset += left; // a record never crosses a sector (6.8.1.1)
      records.push({ node, identifier, use, offset });
      offset += length;
    };
    add(self, Buffer.from([0]), this.#dotUse(self, isRoot));
    add(parent, Buffer.from([1]), this.#dotUse(parent, false));
    for (const { node, identifier } of named) add(node, identifier, this.#nodeUse(node, identifier));
    return { records, sizeBytes: sectorsFor(offset) * SECTOR };
  }

  #dotUse(node: VolumeDirectory, isRootSelf: boolean): SystemUse {
    if (!this.#options.rockRidge) return NO_SYSTEM_USE;
    const entries = [posixAttributes(node), this.#timestamps];
    const room = RECORD_MAX - recordBytes(Buffer.alloc(1), 0);
    if (!isRootSelf) return this.#areas.split(entries, room);
    return this.#areas.split([SHARING_PROTOCOL, ...entries], room, [EXTENSION_REFERENCE]);
  }

  #nodeUse(node: VolumeNode, identifier: Buffer): SystemUse {
    if (!this.#options.rockRidge) return NO_SYSTEM_USE;
    const entries = [posixAttributes(node), this.#timestamps, ...alternateName(node.name)];
    return this.#areas.split(entries, RECORD_MAX - recordBytes(identifier, 0));
  }

  /** Writes a directory record (9.1); gives the offset of its system use field. */
  #writeRecord(
    target: Buffer,
    at: number,
    identifier: Buffer,
    facts: Extent & { readonly flags: number; readonly useBytes: number },
  ): number {
    target.writeUInt8(recordBytes(identifier, facts.useBytes), at);
    writeBoth32(target, facts.sector, at + 2);
    writeBoth32(target, facts.sizeBytes, at + 10);
    this.#date.copy(target, at + 18);
    target.writeUInt8(facts.flags, at + 25);
    writeBoth16(target, 1, at + 28);
    target.writeUInt8(identifier.length, at + 32);
    identifier.copy(target, at + RECORD_BYTES);
    return at + recordBytes(identifier, 0);
  }

  #extent(index: number): Extent {
    const extent = this.#extents[index];
    if (extent === undefined) throw new RangeError(`directory ${index} has no place yet`);
    return extent;
  }
}

/** The identifier is padded to an even place, and so is the record (9.1.12, 9.1.13). */
function recordBytes(identifier: Buffer, useBytes: number): number {
  const padded = RECORD_BYTES + identifier.length + (identifier.length % 2 === 0 ? 1 : 0);
  return padded + useBytes + (useBytes % 2);
}

function pathEntryBytes(identifier: Buffer): number {
  return 8 + identifier.length + (identifier.length % 2);
}
