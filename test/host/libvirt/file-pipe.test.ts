import assert from 'node:assert/strict';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import { type FilePipe, openFilePipe } from '../../../src/libvirt/index.ts';

/** Many times what a pipe holds, and no multiple of a page. */
const REST = Buffer.alloc(3 * 1024 * 1024 + 77, 'the rest of the file ');
const SKIPPED = Buffer.from('not this');
const HEAD = Buffer.alloc(100_000, 'head ');

let folder: string;
let path: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'file-pipe-'));
  path = join(folder, 'file');
  await writeFile(path, Buffer.concat([SKIPPED, REST]));
});
after(() => rm(folder, { recursive: true }));

async function pipe(head = HEAD): Promise<FilePipe> {
  const file = await open(path);
  try {
    return openFilePipe({ head, file: file.fd, offset: SKIPPED.length });
  } finally {
    await file.close();
  }
}

test('who reads the path gets the head and the rest of the file, and then the end', async () => {
  using feed = await pipe();
  assert.match(feed.path, new RegExp(`^/proc/${process.pid}/fd/\\d+$`));
  assert.deepEqual(await readFile(feed.path), Buffer.concat([HEAD, REST]));
  const whole = { bytes: HEAD.length + REST.length, isWhole: true, errno: 0 };
  assert.deepEqual([feed.close(), feed.close()], [whole, whole]);
});

test('a second reader goes on where the first one stopped', async () => {
  using feed = await pipe();
  const first = await open(feed.path);
  const bytes = Buffer.alloc(HEAD.length);
  for (let have = 0; have < bytes.length; ) have += (await first.read(bytes, have)).bytesRead;
  await first.close();
  assert.deepEqual(bytes, HEAD);
  assert.deepEqual(await readFile(feed.path), REST);
});

test('a pipe that is ended gives what is in it and the end, tells how far it came, and has no path any more', async () => {
  using feed = await pipe();
  const reader = await open(feed.path);
  const { bytesRead } = await reader.read(Buffer.alloc(1000));
  const fed = feed.close();
  assert.deepEqual([fed.isWhole, fed.errno], [false, 0]);
  assert.ok(fed.bytes >= bytesRead && fed.bytes < HEAD.length + REST.length);
  const left = await reader.readFile();
  assert.deepEqual(left, Buffer.concat([HEAD, REST]).subarray(bytesRead, bytesRead + left.length));
  await reader.close();
  await assert.rejects(readFile(feed.path), { code: 'ENOENT' });
});

test('many pipes over one file wait for nobody', async () => {
  const feeds = await Promise.all(Array.from({ length: 20 }, async () => await pipe(Buffer.alloc(0))));
  for (const feed of feeds) {
    assert.deepEqual(await readFile(feed.path), REST);
    feed.close();
  }
});

test('what cannot be read is told, and the reader sees the end', async () => {
  const unreadable = await open(folder); // a directory
  using feed = openFilePipe({ head: HEAD, file: unreadable.fd, offset: 0 });
  await unreadable.close();
  assert.deepEqual(await readFile(feed.path), HEAD);
  const { isWhole, errno } = feed.close();
  assert.equal(isWhole, false);
  assert.ok(errno > 0);
});

test('a file that is not open is refused', () => {
  assert.throws(
    () => openFilePipe({ head: HEAD, file: 1_000_000, offset: 0 }),
    (error) => isFault(error, 'LIBVIRT_ADDON_FAILED'),
  );
  assert.throws(
    () => openFilePipe({ head: HEAD, file: 0, offset: -1 }),
    (error) => isFault(error, 'LIBVIRT_ARGUMENT_INVALID'),
  );
});
