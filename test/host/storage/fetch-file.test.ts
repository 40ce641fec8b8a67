import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { runProgram } from '../../../src/hostlink/index.ts';
import { type FetchOptions, fetchImage } from '../../../src/storage/index.ts';
import { mayMount, namesIn, qemuImg, withScratch, withSmallDisk } from './scratch.ts';

const BODY = Buffer.concat([randomBytes(2 << 20), Buffer.alloc(6 << 20), randomBytes(5000)]);
const SHA256 = createHash('sha256').update(BODY).digest('hex');

interface Facts {
  readonly checksum?: string;
  readonly diskFormat?: 'raw' | 'ari' | 'qcow2';
  readonly directory?: string;
}

/** Lends a directory with the file `disk.raw` in it, and a way to fetch files of that directory into `images`. */
async function world(
  work: (world: {
    at: (name: string) => string;
    images: string;
    fetch: (name: string, facts?: Facts, options?: FetchOptions) => ReturnType<typeof fetchImage>;
  }) => Promise<void>,
): Promise<void> {
  await withScratch(async (scratch) => {
    const at = (name: string) => join(scratch, name);
    const images = at('images');
    await writeFile(at('disk.raw'), BODY);
    const fetch = (name: string, facts: Facts = {}, options: FetchOptions = {}) =>
      fetchImage(
        { source: { kind: 'file', path: at(name) }, directory: images, id: 'image', name, ...facts },
        { reserveBytes: 1 << 20, ...options },
      );
    await work({ at, images, fetch });
  });
}

const PACKERS = [
  ['gzip', 'gzip', ['-k']],
  ['xz', 'xz', ['-k', '-0']],
  ['xz', 'xz', ['-k', '-0', '--block-size=1MiB', '-T2']],
  ['zstd', 'zstd', ['-q', '-1']],
  ['zstd', 'pzstd', ['-q', '-1', '-p', '3', '-k']],
] as const;

for (const [compression, program, args] of PACKERS) {
  test(`what ${program} ${args.join(' ')} packed is unpacked, sparse, and hashed as stored`, async () => {
    await world(async ({ at, images, fetch }) => {
      await runProgram(program, [...args, at('disk.raw')]);
      const packed = (await namesIn(at('.'))).find((name) => name.startsWith('disk.raw.')) ?? '';
      const digest = createHash('sha512')
        .update(await readFile(at(packed)))
        .digest('hex');
      const image = await fetch(packed, { checksum: `sha512:${digest}` });
      assert.deepEqual(
        [image.compression, image.sha256, image.sizeBytes],
        [compression, SHA256, BODY.length],
      );
      assert.ok((await readFile(image.path)).equals(BODY));
      const { blocks, mode } = await stat(image.path);
      assert.ok(blocks * 512 < 3 << 20, `${blocks * 512} bytes allocated`);
      assert.equal(mode & 0o777, 0o444);
      assert.deepEqual(await namesIn(images), ['image']);
    });
  });

  test(`what ${program} ${args.join(' ')} packed and somebody cut is refused, and nothing stays`, async () => {
    await world(async ({ at, images, fetch }) => {
      await runProgram(program, [...args, at('disk.raw')]);
      const packed = (await namesIn(at('.'))).find((name) => name.startsWith('disk.raw.')) ?? '';
      await truncate(at(packed), Math.floor((await stat(at(packed))).size / 2));
      await assert.rejects(fetch(packed), { code: 'IMAGE_DECOMPRESSION_FAILED', kind: 'corrupt' });
      assert.deepEqual(await namesIn(images), []);
    });
  });
}

test('several gzip members are one image', async () => {
  await world(async ({ at, fetch }) => {
    const halves = [BODY.subarray(0, 1 << 20), BODY.subarray(1 << 20)];
    await writeFile(at('two.gz'), Buffer.concat(halves.map((half) => gzipSync(half))));
    assert.equal((await fetch('two.gz')).sha256, SHA256);
  });
});

test('a small file that unpacks to more than is allowed is stopped', async () => {
  await world(async ({ at, images, fetch }) => {
    await writeFile(at('bomb.gz'), gzipSync(Buffer.alloc(64 << 20)));
    await assert.rejects(fetch('bomb.gz', {}, { maxBytes: 16 << 20 }), { code: 'IMAGE_TOO_LARGE' });
    assert.deepEqual(await namesIn(images), []);
  });
});

test('a plain file is copied sparse, and its checksum is held to', async () => {
  await world(async ({ images, fetch }) => {
    const wrong = `sha256:${'0'.repeat(64)}`;
    await assert.rejects(fetch('disk.raw', { checksum: wrong }), { code: 'CHECKSUM_MISMATCH' });
    assert.deepEqual(await namesIn(images), []);
    const image = await fetch('disk.raw', { checksum: SHA256 });
    assert.deepEqual([image.compression, image.sha256, image.diskFormat], [null, SHA256, 'raw']);
    assert.ok((await stat(image.path)).blocks * 512 < 3 << 20);
    await assert.rejects(fetch('disk.raw'), { code: 'IMAGE_EXISTS', kind: 'conflict' });
  });
});

test('a list of checksums beside the file is read', async () => {
  await world(async ({ at, fetch }) => {
    await writeFile(at('SHA256SUMS'), `${SHA256}  disk.raw\n`);
    assert.equal((await fetch('disk.raw', { checksum: at('SHA256SUMS') })).sha256, SHA256);
    await assert.rejects(fetch('disk.raw', { checksum: at('NONE') }), { code: 'IMAGE_EXISTS' });
  });
});

test('a ramdisk stays packed', async () => {
  await world(async ({ at, fetch }) => {
    const packed = gzipSync(BODY);
    await writeFile(at('initrd.gz'), packed);
    const image = await fetch('initrd.gz', { diskFormat: 'ari' });
    assert.deepEqual([image.compression, image.diskFormat, image.sizeBytes], [null, 'ari', packed.length]);
    assert.ok((await readFile(image.path)).equals(packed));
  });
});

test('a packed qcow2 with a backing file is refused before it is stored', async () => {
  await world(async ({ at, images, fetch }) => {
    await qemuImg('create', '-q', '-f', 'qcow2', '-b', at('disk.raw'), '-F', 'raw', at('overlay'));
    await runProgram('xz', ['-0', at('overlay')]);
    await assert.rejects(fetch('overlay.xz'), { code: 'IMAGE_HAS_BACKING_FILE', kind: 'denied' });
    assert.deepEqual(await namesIn(images), []);
  });
});

test('bzip2 is named, a missing file and a directory are told apart', async () => {
  await world(async ({ at, fetch }) => {
    await writeFile(at('x.bz2'), Buffer.from('BZh91AY&SY'));
    await assert.rejects(fetch('x.bz2'), { code: 'IMAGE_COMPRESSION_UNSUPPORTED', kind: 'unsupported' });
    await assert.rejects(fetch('none'), { code: 'FILE_MISSING', kind: 'not-found' });
    await assert.rejects(fetch('.'), { code: 'FILE_NOT_REGULAR' });
  });
});

test('cancelling an unpacking leaves nothing', async () => {
  for (const program of ['xz', 'gzip'] as const) {
    await world(async ({ at, images, fetch }) => {
      await runProgram(program, ['-1', at('disk.raw')]);
      const name = (await namesIn(at('.'))).find((entry) => entry.startsWith('disk.raw.')) ?? '';
      const stop = new AbortController();
      const fetching = fetch(name, {}, { signal: stop.signal, onProgress: () => stop.abort() });
      await assert.rejects(fetching, { code: 'CANCELLED' });
      assert.deepEqual(await namesIn(images), []);
    });
  }
});

test('a full disk is DISK_SPACE_EXHAUSTED, with a reserve kept and nothing left behind', {
  skip: mayMount,
}, async () => {
  await world(async ({ at, fetch }) => {
    await writeFile(at('big.raw'), randomBytes(8 << 20));
    await withSmallDisk(6, async (directory) => {
      const expected = { code: 'DISK_SPACE_EXHAUSTED', kind: 'exhausted' } as const;
      await assert.rejects(fetch('big.raw', { directory }), expected);
      await assert.rejects(fetch('big.raw', { directory }, { reserveBytes: 0 }), expected);
      assert.deepEqual(await namesIn(directory), []);
    });
  });
});
