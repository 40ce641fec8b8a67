import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { newUuid } from '../../../src/base/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import {
  BaseCache,
  type BaseSource,
  chooseEphemeralFilesystem,
  createEphemeral,
  createRootCopy,
  createSwap,
  type DiskBase,
  temporaryFor,
} from '../../../src/storage/index.ts';
import { mayMount, namesIn, qemuImg, withScratch, withSmallDisk } from './scratch.ts';

/** A compressed qcow2 of 32 MiB with 8 MiB of data in it. */
async function compressedImage(directory: string): Promise<BaseSource> {
  const plain = join(directory, 'plain');
  const path = join(directory, 'image');
  await runProgram('dd', ['if=/dev/urandom', `of=${plain}`, 'bs=1M', 'count=8']);
  await qemuImg('resize', '-q', '-f', 'raw', plain, '32M');
  await qemuImg('convert', '-c', '-f', 'raw', '-O', 'qcow2', plain, path);
  return { id: newUuid(), path, diskFormat: 'qcow2', name: 'debian' };
}

test('a qcow2 becomes a sparse raw base with the same content, named as Nova names it', async () => {
  await withScratch(async (directory) => {
    const image = await compressedImage(directory);
    const bases = join(directory, '_base');
    const seen: number[] = [];
    const base = await new BaseCache(bases).prepareBase(image, { onProgress: (part) => seen.push(part) });
    assert.equal(base.path, join(bases, createHash('sha1').update(image.id).digest('hex')));
    assert.deepEqual([base.format, base.virtualSizeBytes], ['raw', 32 << 20]);
    assert.match(await qemuImg('compare', '-f', 'raw', '-F', 'qcow2', base.path, image.path), /identical/);
    const { blocks, mode } = await stat(base.path);
    assert.ok(blocks * 512 < 10 << 20, `${blocks * 512} bytes allocated`);
    assert.equal(mode & 0o777, 0o444);
    assert.equal(seen.at(-1), 1);
    assert.equal((await stat(bases)).mode & 0o777, 0o711);
  });
});

test('concurrent launches of one image convert it once', async () => {
  await withScratch(async (directory) => {
    const image = await compressedImage(directory);
    const cache = new BaseCache(join(directory, '_base'));
    let begun = 0;
    const calls = Array.from({ length: 5 }, async () => {
      let mine = false;
      const onProgress = () => {
        if (!mine) begun += 1;
        mine = true;
      };
      return await cache.prepareBase(image, { onProgress });
    });
    const bases = await Promise.all(calls);
    assert.equal(new Set(bases.map((base) => base.path)).size, 1);
    assert.equal(begun, 1);
  });
});

test('two caches over one directory, as two processes have, both end with a whole base', async () => {
  await withScratch(async (directory) => {
    const image = await compressedImage(directory);
    const bases = join(directory, '_base');
    const [one] = await Promise.all(
      [new BaseCache(bases), new BaseCache(bases)].map((cache) => cache.prepareBase(image)),
    );
    assert.ok(one);
    assert.match(await qemuImg('compare', '-f', 'raw', '-F', 'qcow2', one.path, image.path), /identical/);
    assert.equal((await namesIn(bases)).length, 1);
  });
});

test('a raw image is not copied', async () => {
  await withScratch(async (directory) => {
    const path = join(directory, 'image');
    await writeFile(path, Buffer.alloc(4096, 7));
    const image = { id: newUuid(), path, diskFormat: 'raw', name: 'raw' } as const;
    const base = await new BaseCache(join(directory, '_base')).prepareBase(image);
    assert.equal((await stat(base.path)).ino, (await stat(path)).ino);
  });
});

test('a base in qcow2 form is looked at again on each use', async () => {
  await withScratch(async (directory) => {
    const image = await compressedImage(directory);
    const cache = new BaseCache(join(directory, '_base'), 'qcow2');
    const base = await cache.prepareBase(image);
    assert.deepEqual([base.format, base.virtualSizeBytes], ['qcow2', 32 << 20]);
    await runProgram('chmod', ['644', base.path]);
    await qemuImg('rebase', '-u', '-f', 'qcow2', '-b', image.path, '-F', 'qcow2', base.path);
    await assert.rejects(cache.prepareBase(image), { code: 'IMAGE_HAS_BACKING_FILE' });
  });
});

test('an image that lies about its format, or is no disk, gets no base', async () => {
  await withScratch(async (directory) => {
    const image = await compressedImage(directory);
    const cache = new BaseCache(join(directory, '_base'));
    await assert.rejects(cache.prepareBase({ ...image, diskFormat: 'vmdk' }), {
      code: 'IMAGE_FORMAT_MISMATCH',
    });
    await assert.rejects(cache.prepareBase({ ...image, diskFormat: 'ari' }), { code: 'IMAGE_NOT_A_DISK' });
    assert.deepEqual(await namesIn(join(directory, '_base')), []);
  });
});

test('a cancelled conversion leaves nothing, and the next one succeeds', async () => {
  await withScratch(async (directory) => {
    const image = await compressedImage(directory);
    const cache = new BaseCache(join(directory, '_base'));
    const stop = new AbortController();
    const waiting: Promise<DiskBase>[] = [];
    const onProgress = () => {
      if (waiting.length === 0) waiting.push(cache.prepareBase(image)); // it waits for the first one's turn to end
      stop.abort();
    };
    await assert.rejects(cache.prepareBase(image, { signal: stop.signal, onProgress }), {
      code: 'CANCELLED',
    });
    const [second] = await Promise.all(waiting);
    assert.equal(second?.virtualSizeBytes, 32 << 20);
    assert.equal((await namesIn(join(directory, '_base'))).length, 1);
  });
});

test('a disk too small for the base is DISK_SPACE_EXHAUSTED before the conversion', {
  skip: mayMount,
}, async () => {
  await withScratch(async (directory) => {
    const image = await compressedImage(directory);
    await withSmallDisk(4, async (small) => {
      await assert.rejects(new BaseCache(small).prepareBase(image), {
        code: 'DISK_SPACE_EXHAUSTED',
        kind: 'exhausted',
      });
      assert.deepEqual(await namesIn(small), []);
    });
  });
});

test('a disk that fills up during a copy is DISK_SPACE_EXHAUSTED and leaves nothing', {
  skip: mayMount,
}, async () => {
  await withScratch(async (directory) => {
    const path = join(directory, 'image');
    await runProgram('dd', ['if=/dev/urandom', `of=${path}`, 'bs=1M', 'count=8']);
    const base = { path, format: 'raw', virtualSizeBytes: 8 << 20 } as const;
    await withSmallDisk(4, async (small) => {
      await assert.rejects(createRootCopy(join(small, 'disk'), base, 8 << 20), {
        code: 'DISK_SPACE_EXHAUSTED',
      });
      assert.deepEqual(await namesIn(small), []);
    });
  });
});

test('ephemeral and swap disks carry what Nova gives them, made once and laid over', async () => {
  await withScratch(async (directory) => {
    const bases = join(directory, '_base');
    const cache = new BaseCache(bases);
    for (const name of ['a', 'b']) {
      const path = join(directory, `${name}.local`);
      await createEphemeral(cache, { path, sizeGiB: 1, filesystem: 'ext4', index: 0 });
      await createSwap(cache, { path: join(directory, `${name}.swap`), sizeMiB: 64 });
    }
    await createEphemeral(cache, { path: join(directory, 'fat'), sizeGiB: 1, filesystem: 'vfat', index: 1 });
    assert.deepEqual(await namesIn(bases), ['ephemeral_1_ext4', 'ephemeral_1_vfat_1', 'swap_64']);
    const flat = join(directory, 'flat');
    await qemuImg('convert', '-f', 'qcow2', '-O', 'raw', join(directory, 'a.local'), flat);
    assert.match((await runProgram('blkid', ['-p', flat])).stdout, /LABEL="ephemeral0".*TYPE="ext4"/);
    assert.match(
      (await runProgram('blkid', ['-p', join(bases, 'ephemeral_1_vfat_1')])).stdout,
      /LABEL="ephemeral1".*vfat/,
    );
    const swap = (await runProgram('blkid', ['-p', join(bases, 'swap_64')])).stdout;
    assert.match(swap, /TYPE="swap"/);
    assert.doesNotMatch(swap, /LABEL=/);
  });
});

test('a raw copy is a disk of its own, grown and sparse', async () => {
  await withScratch(async (directory) => {
    const image = await compressedImage(directory);
    const base = await new BaseCache(join(directory, '_base')).prepareBase(image);
    const path = join(directory, 'disk');
    await createRootCopy(path, base, 64 << 20);
    const { size, blocks } = await stat(path);
    assert.equal(size, 64 << 20);
    assert.ok(blocks * 512 < 10 << 20);
    await assert.rejects(createRootCopy(path, base, 64 << 20), { code: 'DISK_EXISTS' });
    assert.equal((await stat(path)).size, 64 << 20);
  });
});

test('windows gets ntfs or vfat, everything else ext4', async () => {
  assert.equal(await chooseEphemeralFilesystem(undefined), 'ext4');
  assert.equal(await chooseEphemeralFilesystem('linux'), 'ext4');
  assert.ok(['ntfs', 'vfat'].includes(await chooseEphemeralFilesystem('windows')));
});

test('a sweep removes what the dead left and nothing else', async () => {
  await withScratch(async (directory) => {
    const mine = await temporaryFor(join(directory, 'mine'));
    await writeFile(mine, '');
    await writeFile(join(directory, 'base'), '');
    await writeFile(join(directory, 'old.999999-1-00000000-abcdef.tmp'), '');
    await runProgram('mkdir', ['-p', join(directory, 'dir.1-1-00000000-abcdef.tmp', 'deep')]);
    const removed = await new BaseCache(directory).sweep();
    assert.deepEqual([...removed].sort(), [
      'dir.1-1-00000000-abcdef.tmp',
      'old.999999-1-00000000-abcdef.tmp',
    ]);
    assert.equal((await namesIn(directory)).length, 2);
    assert.deepEqual(await new BaseCache(join(directory, 'none')).sweep(), []);
  });
});

test('a process killed in the middle of a conversion leaves only what the next sweep removes', async () => {
  await withScratch(async (directory) => {
    const image = await compressedImage(directory);
    const bases = join(directory, '_base');
    const program = `
      const { BaseCache } = await import(${JSON.stringify(new URL('../../../src/storage/index.ts', import.meta.url).href)});
      await new BaseCache(${JSON.stringify(bases)}).prepareBase(${JSON.stringify(image)}, {
        onProgress: (part) => { if (part > 0) process.kill(process.pid, 'SIGKILL'); },
      });`;
    await assert.rejects(runProgram(process.execPath, ['--input-type=module', '-e', program]), {
      code: 'PROGRAM_FAILED',
    });
    const cache = new BaseCache(bases);
    const left = await namesIn(bases);
    assert.ok(left.length > 0 && left.every((name) => name.endsWith('.tmp')), left.join());
    assert.deepEqual([...(await cache.sweep())], left);
    assert.equal((await cache.prepareBase(image)).virtualSizeBytes, 32 << 20);
  });
});
