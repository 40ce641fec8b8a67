// A VFAT volume of 64 MiB, FAT16 with long names, from files in memory; no program is run.
// Layout: boot sector, two file allocation tables, root directory, then directories and files one behind the other, each in
// one run. The same input gives the same bytes: the volume's id is made from them.
// Source: Microsoft, "FAT32 File System Specification" 1.03; size as Nova's virt/configdrive.py.
import { createHash } from 'node:crypto';
import { Fault, formatBytes, MIB } from '../../base/index.ts';
import { VFAT_DRIVE_BYTES as VFAT_BYTES } from '../../model/index.ts';
import type { VolumeDirectory, VolumeNode } from '../volume-tree.ts';
import {
  dotEntries,
  ENTRY,
  entriesFor,
  labelEntry,
  type NodeFacts,
  nodeEntries,
  type Stamp,
  stampOf,
} from './directory-entries.ts';
import { shortNames } from './short-names.ts';
import { makeTree, sortedChildren } from './tree.ts';

export interface VfatRequest {
  /** 1 to 11 letters, digits, `_` and `-`. */
  readonly volumeLabel: string;
  /** Path → content, for example `openstack/latest/meta_data.json`. Directories follow from the paths. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Stands at every file. Between 1980 and 2107. */
  readonly date: Date;
}

export interface VfatVolume {
  /** The volume up to its last byte in use. */
  readonly bytes: Uint8Array;
  /** Of the whole volume; what is behind `bytes` is zero. */
  readonly sizeBytes: number;
}

const SECTOR = 512;
const SECTORS = VFAT_BYTES / SECTOR;
const CLUSTER_SECTORS = 4;
const CLUSTER = CLUSTER_SECTORS * SECTOR;
const RESERVED_SECTORS = 4;
/** Of one table: two bytes for every cluster. */
const TABLE_SECTORS = 128;
const TABLES = 2;
const ROOT_ENTRIES = 512;
const ROOT_OFFSET = (RESERVED_SECTORS + TABLES * TABLE_SECTORS) * SECTOR;
const DATA_OFFSET = ROOT_OFFSET + ROOT_ENTRIES * ENTRY;
const FIRST_CLUSTER = 2;
const CLUSTERS = Math.floor((VFAT_BYTES - DATA_OFFSET) / CLUSTER);
const MAX_DIRECTORY_BYTES = 2 * MIB;
const MEDIA = 0xf8;
const CHAIN_END = 0xffff;

/**
 * Builds the volume. Throws `VFAT_LABEL_INVALID`, `VFAT_TOO_LARGE` (files and directories that do not fit) and the faults of
 * paths: `VFAT_PATH_INVALID`, `VFAT_PATH_CONFLICT`.
 */
export function buildVfat(request: VfatRequest): VfatVolume {
  checkRequest(request);
  const root = makeTree(request.files);
  const places = new Places(root);
  const bytes = Buffer.alloc(DATA_OFFSET + (places.end - FIRST_CLUSTER) * CLUSTER);
  writeBootSector(bytes, request);
  writeTables(bytes, places);
  const stamp = stampOf(request.date);
  writeDirectory(bytes, root, { places, stamp, parent: root, label: paddedLabel(request) });
  return { bytes, sizeBytes: VFAT_BYTES };
}

interface Place {
  /** 0 for what has no cluster: the root, and an empty file. */
  readonly first: number;
  readonly clusters: number;
}

/** Which clusters every file and every directory has, in the order of the names. */
class Places {
  readonly #places = new Map<VolumeNode, Place>();
  #end = FIRST_CLUSTER;

  constructor(root: VolumeDirectory) {
    const rootBytes = ENTRY + childrenBytes(root);
    if (rootBytes > ROOT_ENTRIES * ENTRY)
      throw tooLarge('the root directory', rootBytes, ROOT_ENTRIES * ENTRY);
    this.#places.set(root, { first: 0, clusters: 0 });
    this.#placeBelow(root);
    const used = (this.#end - FIRST_CLUSTER) * CLUSTER;
    if (used > CLUSTERS * CLUSTER) throw tooLarge('all files', used, CLUSTERS * CLUSTER);
  }

  /** The first cluster that nobody has. */
  get end(): number {
    return this.#end;
  }

  get runs(): Iterable<Place> {
    return this.#places.values();
  }

  of(node: VolumeNode): Place {
    const place = this.#places.get(node);
    if (place === undefined) throw new RangeError('a node was never placed');
    return place;
  }

  #placeBelow(directory: VolumeDirectory): void {
    for (const node of sortedChildren(directory)) {
      const clusters = Math.ceil(nodeBytes(node) / CLUSTER);
      this.#places.set(node, { first: clusters === 0 ? 0 : this.#end, clusters });
      this.#end += clusters;
      if (node.kind === 'directory') this.#placeBelow(node);
    }
  }
}

function nodeBytes(node: VolumeNode): number {
  if (node.kind === 'file') return node.bytes.length;
  const bytes = 2 * ENTRY + childrenBytes(node);
  if (bytes > MAX_DIRECTORY_BYTES) throw tooLarge('a directory', bytes, MAX_DIRECTORY_BYTES);
  return bytes;
}

function childrenBytes({ children }: VolumeDirectory): number {
  return [...children.values()].reduce((sum, { name }) => sum + entriesFor(name) * ENTRY, 0);
}

interface DirectoryContext {
  readonly places: Places;
  readonly stamp: Stamp;
  readonly parent: VolumeDirectory;
  /** The root's alone. */
  readonly label: string | null;
}

function writeDirectory(bytes: Buffer, directory: VolumeDirectory, context: DirectoryContext): void {
  const { places, stamp, parent, label } = context;
  const facts = (node: VolumeNode): NodeFacts => ({
    kind: node.kind,
    cluster: places.of(node).first,
    sizeBytes: node.kind === 'file' ? node.bytes.length : 0,
    stamp,
  });
  const nodes = sortedChildren(directory);
  const shorts = shortNames(nodes.map(({ name }) => name));
  const head = label === null ? dotEntries(facts(directory), facts(parent)) : [labelEntry(label, stamp)];
  const entries = nodes.flatMap((node) => nodeEntries(node.name, shorts.get(node.name) ?? '', facts(node)));
  Buffer.concat([...head, ...entries]).copy(bytes, offsetOf(places.of(directory)));
  for (const node of nodes) {
    if (node.kind === 'directory')
      writeDirectory(bytes, node, { places, stamp, parent: directory, label: null });
    else if (node.bytes.length > 0) bytes.set(node.bytes, offsetOf(places.of(node)));
  }
}

function offsetOf({ first }: Place): number {
  return first === 0 ? ROOT_OFFSET : DATA_OFFSET + (first - FIRST_CLUSTER) * CLUSTER;
}

function writeBootSector(bytes: Buffer, request: VfatRequest): void {
  bytes.set([0xeb, 0x3c, 0x90], 0); // over the parameters, to the code
  bytes.write('NOVALET ', 3, 'latin1');
  bytes.writeUInt16LE(SECTOR, 11);
  bytes.writeUInt8(CLUSTER_SECTORS, 13);
  bytes.writeUInt16LE(RESERVED_SECTORS, 14);
  bytes.writeUInt8(TABLES, 16);
  bytes.writeUInt16LE(ROOT_ENTRIES, 17);
  bytes.writeUInt8(MEDIA, 21);
  bytes.writeUInt16LE(TABLE_SECTORS, 22);
  bytes.writeUInt16LE(32, 24); // sectors of a track
  bytes.writeUInt16LE(64, 26); // heads
  bytes.writeUInt32LE(SECTORS, 32);
  bytes.writeUInt8(0x80, 36); // a hard disk
  bytes.writeUInt8(0x29, 38); // id, label and type follow
  bytes.writeUInt32LE(volumeId(request), 39);
  bytes.write(paddedLabel(request), 43, 'latin1');
  bytes.write('FAT16   ', 54, 'latin1');
  bytes.set([0xcd, 0x18, 0xf4, 0xeb, 0xfd], 62); // int 18h: the firmware may go on to the next disk; else halt
  bytes.set([0x55, 0xaa], 510);
}

/** Everything lies in one run, so a chain is a count. */
function writeTables(bytes: Buffer, places: Places): void {
  const table = Buffer.alloc(TABLE_SECTORS * SECTOR);
  table.writeUInt16LE(0xff00 | MEDIA, 0);
  table.writeUInt16LE(CHAIN_END, 2);
  for (const { first, clusters } of places.runs) {
    for (let at = 0; at < clusters; at += 1) {
      table.writeUInt16LE(at === clusters - 1 ? CHAIN_END : first + at + 1, (first + at) * 2);
    }
  }
  for (let copy = 0; copy < TABLES; copy += 1) {
    table.copy(bytes, (RESERVED_SECTORS + copy * TABLE_SECTORS) * SECTOR);
  }
}

function volumeId({ volumeLabel, files }: VfatRequest): number {
  const hash = createHash('sha256').update(volumeLabel);
  for (const [path, bytes] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`\0${path}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest().readUInt32LE();
}

function paddedLabel({ volumeLabel }: VfatRequest): string {
  return volumeLabel.padEnd(11);
}

function checkRequest({ volumeLabel, date }: VfatRequest): void {
  const year = date.getUTCFullYear();
  const why = !/^[A-Za-z0-9_-]{1,11}$/.test(volumeLabel)
    ? `the label ${JSON.stringify(volumeLabel.slice(0, 80))} is not 1 to 11 letters, digits, "_" and "-"`
    : !(year >= 1980 && year <= 2107)
      ? 'the date does not lie between the years 1980 and 2107'
      : undefined;
  if (why === undefined) return;
  throw new Fault('invalid', 'VFAT_LABEL_INVALID', `A VFAT volume cannot be built: ${why}`, {
    hint: 'Labels that guests look for are config-2 and cidata.',
  });
}

function tooLarge(what: string, bytes: number, maxBytes: number): Fault {
  return new Fault(
    'invalid',
    'VFAT_TOO_LARGE',
    `A VFAT volume of ${formatBytes(VFAT_BYTES)} has ${formatBytes(maxBytes)} for ${what}, and ${formatBytes(bytes)} are needed`,
    { details: { bytes, maxBytes }, hint: 'Use config_drive_format: iso9660, or put large files elsewhere.' },
  );
}
