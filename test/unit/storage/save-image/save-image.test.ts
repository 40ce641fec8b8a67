import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isFault } from '../../../../src/base/index.ts';
import {
  copySaveImage,
  decodeSaveHead,
  encodeSaveHead,
  readSaveImage,
} from '../../../../src/storage/index.ts';

const FILE = join(import.meta.dirname, '../../../corpus/save-images/minimal-guest.head');
const saved = readFileSync(FILE);
const STREAM_BYTES = 512;

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'save-image-'));
});
after(() => rm(folder, { recursive: true }));

/** The saved bytes with one of their words, by its place, exchanged. */
function withWord(at: number, value: number): Buffer {
  const bytes = Buffer.from(saved);
  bytes.writeUInt32LE(value, at);
  return bytes;
}

function isUnreadable(error: unknown): boolean {
  return isFault(error, 'TEMPLATE_MEMORY_UNREADABLE');
}

test('what libvirt saved is read: XML, cookie, state, and where the memory begins', async () => {
  const image = await readSaveImage(FILE);
  assert.match(image.xml, /^<domain type='qemu'>\n {2}<name>nvt-.*<\/domain>\n$/s);
  assert.match(image.cookie ?? '', /^<cookie>.*<\/cookie>\n$/s);
  assert.equal(image.wasRunning, true);
  assert.equal(image.streamOffset, saved.length - STREAM_BYTES);
  assert.equal(image.bytes, saved.length);
  assert.equal(saved.toString('latin1', image.streamOffset, image.streamOffset + 4), 'QEVM'); // QEMU's own beginning
});

test('a head with the XML that it had is the same bytes', () => {
  const head = decodeSaveHead(saved, 'it');
  assert.deepEqual(encodeSaveHead(head, head.xml), saved.subarray(0, head.streamOffset));
});

test('another XML is read back with the same cookie, and keeps the length of the head where it fits', () => {
  const head = decodeSaveHead(saved, 'it');
  for (const xml of ['<domain/>', `<domain>${'é'.repeat(30_000)}</domain>`]) {
    const bytes = encodeSaveHead(head, xml);
    assert.equal(bytes.length, head.streamOffset);
    assert.deepEqual(decodeSaveHead(bytes, 'it'), { ...head, xml });
  }
  const long = `<domain>${'x'.repeat(100_000)}</domain>`;
  const grown = decodeSaveHead(encodeSaveHead(head, long), 'it');
  assert.deepEqual([grown.xml, grown.cookie], [long, head.cookie]);
  assert.ok(grown.streamOffset > long.length + 64 * 1024);
  const bare = { ...head, cookie: null };
  assert.deepEqual(decodeSaveHead(encodeSaveHead(bare, '<domain/>'), 'it'), { ...bare, xml: '<domain/>' });
});

test('XML that no head can hold is refused', () => {
  const head = decodeSaveHead(saved, 'it');
  for (const xml of ['x'.repeat(17 * 1024 * 1024), 'a\0b']) {
    assert.throws(
      () => encodeSaveHead(head, xml),
      (error) => isFault(error, 'TEMPLATE_XML_UNWRITABLE'),
    );
  }
});

test('a head that is not as libvirt writes it is refused', () => {
  const cookieAt = saved.readUInt32LE(32);
  const unfinished = Buffer.from(saved);
  unfinished.write('LibvirtQemudPart', 'latin1');
  const noText = Buffer.from(saved);
  noText.fill(0xff, 100, 120);
  const noEnd = Buffer.from(saved);
  noEnd.fill(0x20, 92, 92 + cookieAt);
  const damaged = {
    nothing: Buffer.alloc(0),
    short: saved.subarray(0, 91),
    'cut within the XML': saved.subarray(0, 4000),
    'other magic': Buffer.alloc(saved.length),
    unfinished,
    'another version': withWord(16, 3),
    'big-endian': withWord(16, 0x02000000),
    'no data': withWord(20, 0),
    'too much data': withWord(20, 16 * 1024 * 1024 + 1),
    'more data than there is': withWord(20, 16 * 1024 * 1024),
    compressed: withWord(28, 1),
    sparse: withWord(28, 6),
    'a cookie outside': withWord(32, saved.readUInt32LE(20)),
    'a cookie in the middle of the XML': withWord(32, cookieAt - 10),
    'XML that is no text': noText,
    'XML without an end': noEnd,
  };
  for (const [what, bytes] of Object.entries(damaged)) {
    assert.throws(() => decodeSaveHead(bytes, 'it'), isUnreadable, what);
  }
});

test('a file without memory, or none at all, is refused', async () => {
  const path = join(folder, 'bare');
  await writeFile(path, saved.subarray(0, saved.length - STREAM_BYTES));
  await assert.rejects(readSaveImage(path), isUnreadable);
  await writeFile(path, saved.subarray(0, 5000));
  await assert.rejects(readSaveImage(path), isUnreadable);
  await assert.rejects(readSaveImage(join(folder, 'missing')), isUnreadable);
});

test('a copy has the other head, the same stream, and is for its owner alone', async () => {
  const image = await readSaveImage(FILE);
  for (const xml of ['<domain/>', `<domain>${'x'.repeat(100_000)}</domain>`]) {
    const path = join(folder, `copy-${xml.length}`);
    const head = encodeSaveHead(image, xml);
    await copySaveImage(image, head, path);
    assert.deepEqual(readFileSync(path), Buffer.concat([head, saved.subarray(image.streamOffset)]));
    assert.equal((await stat(path)).mode & 0o777, 0o600);
  }
});

test('a copy that is cancelled or fails leaves no file', async () => {
  const image = await readSaveImage(FILE);
  const head = encodeSaveHead(image, '<domain/>');
  const path = join(folder, 'stopped');
  await assert.rejects(copySaveImage(image, head, path, AbortSignal.abort()), (error) =>
    isFault(error, 'CANCELLED'),
  );
  const gone = { ...image, path: join(folder, 'gone') };
  await assert.rejects(copySaveImage(gone, head, path), { code: 'ENOENT' });
  await assert.rejects(stat(path), { code: 'ENOENT' });
});
