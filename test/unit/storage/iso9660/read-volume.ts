// A reader of ISO 9660 volumes for tests, written from the specifications and apart from the writer: it follows records
// from the root, and checks on the way what ECMA-119 demands of every structure that it meets.
import assert from 'node:assert/strict';

export type View = 'plain' | 'rock-ridge' | 'joliet';

export interface Entry {
  readonly path: string;
  readonly isDirectory: boolean;
  readonly content: Buffer;
  /** Mode and links, where Rock Ridge gives them. */
  readonly mode: number | undefined;
  readonly links: number | undefined;
}

interface Record {
  readonly identifier: Buffer;
  readonly extent: number;
  readonly size: number;
  readonly isDirectory: boolean;
  readonly systemUse: Buffer;
}

const SECTOR = 2048;
const FIRST_DESCRIPTOR = 16;

/** All files and directories of one view, by path. */
export function readVolume(bytes: Uint8Array, view: View): ReadonlyMap<string, Entry> {
  const image = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const descriptor = findDescriptor(image, view === 'joliet' ? 2 : 1);
  assert.equal(both32(descriptor, 80) * SECTOR, image.length, 'the volume is as large as it says');
  const root = readRecord(descriptor, 156);
  const entries = new Map<string, Entry>();
  const extents: number[] = [];
  walk(image, { record: root, path: '', parent: root.extent }, view, (entry, extent) => {
    assert.ok(!entries.has(entry.path), `${entry.path} is there once`);
    entries.set(entry.path, entry);
    if (entry.isDirectory) extents.push(extent);
  });
  checkPathTables(image, descriptor, [root.extent, ...extents]);
  return entries;
}

/** The content of each file of one view, by path. */
export function readFiles(bytes: Uint8Array, view: View): ReadonlyMap<string, Buffer> {
  const entries = [...readVolume(bytes, view).values()].filter((entry) => !entry.isDirectory);
  return new Map(entries.map(({ path, content }) => [path, content]));
}

function findDescriptor(image: Buffer, type: number): Buffer {
  for (let sector = FIRST_DESCRIPTOR; ; sector += 1) {
    const descriptor = image.subarray(sector * SECTOR, (sector + 1) * SECTOR);
    assert.equal(descriptor.toString('latin1', 1, 6), 'CD001');
    assert.notEqual(descriptor[0], 255, `there is a descriptor of type ${type}`);
    if (descriptor[0] === type) return descriptor;
  }
}

interface Place {
  readonly record: Record;
  readonly path: string;
  readonly parent: number;
}

function walk(image: Buffer, place: Place, view: View, visit: (entry: Entry, extent: number) => void): void {
  const records = readDirectory(image, place.record);
  const [self, parent, ...children] = records;
  assert.equal(self?.extent, place.record.extent, '"." is the directory itself');
  assert.equal(parent?.extent, place.parent, '".." is the one above');
  for (const record of children) {
    const rock = view === 'rock-ridge' ? rockRidge(image, record.systemUse) : undefined;
    const name = rock?.name ?? identifierText(record, view);
    const path = place.path === '' ? name : `${place.path}/${name}`;
    const start = record.extent * SECTOR;
    assert.ok(start < image.length, `${path} points inside the volume`);
    const content = record.isDirectory ? Buffer.alloc(0) : image.subarray(start, start + record.size);
    const entry = { path, isDirectory: record.isDirectory, content, mode: rock?.mode, links: rock?.links };
    visit(entry, record.extent);
    if (record.isDirectory) walk(image, { record, path, parent: place.record.extent }, view, visit);
  }
}

function readDirectory(image: Buffer, { extent, size }: Record): readonly Record[] {
  assert.equal(size % SECTOR, 0, 'a directory has whole sectors');
  const records: Record[] = [];
  for (let sector = 0; sector < size / SECTOR; sector += 1) {
    const bytes = image.subarray((extent + sector) * SECTOR, (extent + sector + 1) * SECTOR);
    let at = 0;
    while (at < SECTOR && bytes[at] !== 0) {
      records.push(readRecord(bytes, at));
      at += bytes.readUInt8(at);
    }
    assert.ok(at > 0, 'no sector of a directory is empty');
    assert.ok(
      bytes.subarray(at).every((byte) => byte === 0),
      'behind the last record there are zeros',
    );
  }
  return records;
}

function readRecord(bytes: Buffer, at: number): Record {
  const length = bytes.readUInt8(at);
  assert.equal(length % 2, 0, 'a record has an even length');
  assert.ok(at + length <= bytes.length, 'a record does not cross its sector');
  const nameLength = bytes.readUInt8(at + 32);
  const useAt = 33 + nameLength + (nameLength % 2 === 0 ? 1 : 0);
  return {
    identifier: bytes.subarray(at + 33, at + 33 + nameLength),
    extent: both32(bytes, at + 2),
    size: both32(bytes, at + 10),
    isDirectory: (bytes.readUInt8(at + 25) & 2) !== 0,
    systemUse: bytes.subarray(at + useAt, at + length),
  };
}

function identifierText({ identifier, isDirectory }: Record, view: View): string {
  if (view === 'joliet') return Buffer.from(identifier).swap16().toString('utf16le');
  const text = identifier.toString('latin1');
  if (isDirectory) return text;
  assert.match(text, /^[^;]*\.[^;]*;1$/, 'a plain file name has a dot and version 1');
  assert.ok(text.length <= 33, 'a plain name has at most 30 characters, its dot and its version');
  return text;
}

function rockRidge(image: Buffer, inline: Buffer) {
  let area: Buffer | undefined = inline;
  let name = '';
  const parts: Buffer[] = [];
  let mode: number | undefined;
  let links: number | undefined;
  while (area !== undefined) {
    let next: Buffer | undefined;
    for (let at = 0; at + 4 <= area.length && area[at] !== 0; at += area.readUInt8(at + 2)) {
      const entry: Buffer = area.subarray(at, at + area.readUInt8(at + 2));
      const signature = entry.toString('latin1', 0, 2);
      if (signature === 'NM') parts.push(entry.subarray(5));
      if (signature === 'PX') {
        mode = both32(entry, 4);
        links = both32(entry, 12);
      }
      if (signature === 'CE') next = continuation(image, entry);
    }
    area = next;
  }
  name = Buffer.concat(parts).toString('utf8');
  return { name, mode, links };
}

function continuation(image: Buffer, entry: Buffer): Buffer {
  const [block, offset, length] = [both32(entry, 4), both32(entry, 12), both32(entry, 20)];
  assert.ok(offset + length <= SECTOR, 'a continuation area stays in its sector, or Linux refuses it');
  return image.subarray(block * SECTOR + offset, block * SECTOR + offset + length);
}

/** Both tables hold all directories, each behind its parent, and name the same places. */
function checkPathTables(image: Buffer, descriptor: Buffer, directories: readonly number[]): void {
  const size = both32(descriptor, 132);
  const table = (sector: number) => image.subarray(sector * SECTOR, sector * SECTOR + size);
  const little = table(descriptor.readUInt32LE(140));
  const big = table(descriptor.readUInt32BE(148));
  const extents: number[] = [];
  let lastParent = 1;
  for (let at = 0; at < size; ) {
    const nameLength = little.readUInt8(at);
    const parent = little.readUInt16LE(at + 6);
    assert.equal(big.readUInt32BE(at + 2), little.readUInt32LE(at + 2));
    assert.equal(big.readUInt16BE(at + 6), parent);
    assert.ok(parent >= lastParent, 'parents stand in order');
    assert.ok(parent <= Math.max(1, extents.length), 'a parent stands before its children');
    lastParent = parent;
    extents.push(little.readUInt32LE(at + 2));
    at += 8 + nameLength + (nameLength % 2);
  }
  assert.deepEqual(
    extents.toSorted((a, b) => a - b),
    directories.toSorted((a, b) => a - b),
  );
}

function both32(bytes: Buffer, at: number): number {
  const value = bytes.readUInt32LE(at);
  assert.equal(bytes.readUInt32BE(at + 4), value, 'both byte orders agree');
  return value;
}
