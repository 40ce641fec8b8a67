import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createRootOverlay, inspectImage, readImageInfo } from '../../../src/storage/index.ts';
import { overlayParts } from '../../../src/storage/qcow2-overlay.ts';
import { createOverlayWithQemu } from '../../../src/storage/qemu-img.ts';
import { mayMount, namesIn, qemuImg, withScratch, withSmallDisk } from './scratch.ts';

const SIZES = [1, 4096, 10 * 2 ** 20, 2 ** 29, 2 ** 29 + 512, 160 * 2 ** 30, 5 * 2 ** 40, 20 * 2 ** 40];

for (const format of ['raw', 'qcow2'] as const) {
  test(`our overlay over ${format} means the same to qemu-img as its own`, async () => {
    await withScratch(async (directory) => {
      const base = { path: join(directory, 'base'), format, virtualSizeBytes: 1 << 20 };
      await qemuImg('create', '-q', '-f', format, base.path, '1M');
      for (const size of SIZES) {
        const ours = join(directory, `ours-${size}`);
        const theirs = join(directory, `theirs-${size}`);
        await createRootOverlay(ours, base, size);
        await createOverlayWithQemu(theirs, base, size);
        assert.deepEqual(await described(ours), await described(theirs));
        await qemuImg('check', '-q', '-f', 'qcow2', ours);
      }
    });
  });
}

async function described(path: string): Promise<unknown> {
  const info: unknown = JSON.parse(await qemuImg('info', '--output=json', '-f', 'qcow2', path));
  assert.ok(typeof info === 'object' && info !== null);
  const own = new Set(['filename', 'actual-size', 'children']);
  return Object.fromEntries(Object.entries(info).filter(([name]) => !own.has(name)));
}

test('an overlay shows the base, keeps what is written to it, and leaves the base alone', async () => {
  await withScratch(async (directory) => {
    const content = Buffer.alloc(1 << 20, 'base content ');
    const base = { path: join(directory, 'base'), format: 'raw', virtualSizeBytes: content.length } as const;
    await writeFile(base.path, content);
    const overlay = join(directory, 'disk');
    await createRootOverlay(overlay, base, 4 << 20);
    await qemuImg('bench', '-f', 'qcow2', '-w', '-c', '16', '-s', '65536', '--pattern=171', overlay);
    await qemuImg('check', '-q', '-f', 'qcow2', overlay);
    await qemuImg('convert', '-f', 'qcow2', '-O', 'raw', overlay, join(directory, 'flat'));
    const flat = await readFile(join(directory, 'flat'));
    assert.equal(flat.length, 4 << 20);
    assert.ok(flat.subarray(0, 1 << 20).every((byte) => byte === 171));
    assert.ok((await readFile(base.path)).equals(content));
    const fresh = join(directory, 'fresh');
    await createRootOverlay(fresh, base, 1 << 20);
    assert.match(await qemuImg('compare', '-f', 'qcow2', '-F', 'raw', fresh, base.path), /identical/);
  });
});

test('an overlay is private, small, and refuses to replace a file', async () => {
  await withScratch(async (directory) => {
    const base = { path: join(directory, 'base'), format: 'raw', virtualSizeBytes: 512 } as const;
    const path = join(directory, 'disk');
    await createRootOverlay(path, base, 160 * 2 ** 30);
    const { mode, blocks } = await stat(path);
    assert.equal(mode & 0o777, 0o600);
    assert.ok(blocks * 512 <= 65536, `${blocks} blocks`);
    await assert.rejects(createRootOverlay(path, base, 4096), { code: 'DISK_EXISTS', kind: 'conflict' });
    assert.deepEqual(
      (await inspectImage(path)).findings.map(({ code }) => code),
      ['IMAGE_HAS_BACKING_FILE'],
    );
  });
});

test('a size that cannot be and a path that cannot be stored are refused', () => {
  const base = { path: '/base', format: 'raw' } as const;
  assert.throws(() => overlayParts(base, 0), { code: 'DISK_TOO_LARGE' });
  assert.throws(() => overlayParts(base, 2 ** 52), { code: 'DISK_TOO_LARGE' });
  assert.throws(() => overlayParts({ ...base, path: 'base' }, 512), { code: 'PATH_NOT_USABLE' });
  assert.throws(() => overlayParts({ ...base, path: `/${'a'.repeat(1100)}` }, 512), {
    code: 'PATH_NOT_USABLE',
  });
});

test('on a full disk nothing is left of an overlay', { skip: mayMount }, async () => {
  await withSmallDisk(1, async (directory) => {
    await writeFile(join(directory, 'filler'), Buffer.alloc(1 << 20));
    const base = { path: '/nowhere/base', format: 'raw', virtualSizeBytes: 512 } as const;
    const making = createRootOverlay(join(directory, 'disk'), base, 1 << 30);
    await assert.rejects(making, { code: 'DISK_SPACE_EXHAUSTED', kind: 'exhausted' });
    assert.deepEqual(await namesIn(directory), ['filler']);
  });
});

test('cancelling before it begins makes no file', async () => {
  await withScratch(async (directory) => {
    const base = { path: join(directory, 'base'), format: 'raw', virtualSizeBytes: 512 } as const;
    const making = createRootOverlay(join(directory, 'disk'), base, 4096, AbortSignal.abort());
    await assert.rejects(making, { code: 'CANCELLED' });
    assert.deepEqual(await namesIn(directory), []);
  });
});

test('qemu-img agrees on the virtual size', async () => {
  await withScratch(async (directory) => {
    const base = { path: join(directory, 'base'), format: 'raw', virtualSizeBytes: 512 } as const;
    await writeFile(base.path, Buffer.alloc(512));
    await createRootOverlay(join(directory, 'disk'), base, 1000);
    const info = await readImageInfo({ path: join(directory, 'disk'), format: 'qcow2' });
    assert.equal(info.virtualSizeBytes, 1024);
    assert.equal(info.backingFile, base.path);
  });
});
