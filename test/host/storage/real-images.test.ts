import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { runProgram } from '../../../src/hostlink/index.ts';
import { diskFormatOf, inspectImage, verifyImage } from '../../../src/storage/index.ts';
import { qemuImg, withScratch } from './scratch.ts';

const MADE_BY_QEMU = [
  ['raw', 'raw', []],
  ['qcow2', 'qcow2', []],
  ['qcow2', 'qcow2', ['-o', 'compat=0.10']],
  ['qcow2', 'qcow2', ['-o', 'compression_type=zstd']],
  ['qcow2', 'qcow2', ['-o', 'lazy_refcounts=on']],
  ['vmdk', 'vmdk', []],
  ['vmdk', 'vmdk', ['-o', 'subformat=streamOptimized']],
  ['vdi', 'vdi', []],
  ['vdi', 'vdi', ['-o', 'static=on']],
  ['vpc', 'vhd', []],
  ['vpc', 'vhd', ['-o', 'subformat=fixed']],
  ['vhdx', 'vhdx', []],
] as const;

for (const [driver, diskFormat, options] of MADE_BY_QEMU) {
  test(`${driver} ${options.join(' ')} made by qemu-img is found to be ${diskFormat} and passes`, async () => {
    await withScratch(async (directory) => {
      const path = join(directory, 'image');
      const plain = join(directory, 'plain');
      await runProgram('dd', ['if=/dev/urandom', `of=${plain}`, 'bs=1M', 'count=3']);
      await qemuImg('resize', '-q', '-f', 'raw', plain, '8M');
      await qemuImg('convert', '-f', 'raw', '-O', driver, ...options, plain, path);
      const inspection = await inspectImage(path);
      assert.equal(diskFormatOf(inspection.format), diskFormat, JSON.stringify(inspection));
      const verified = await verifyImage({ path, name: 'the image' });
      assert.equal(verified.diskFormat, diskFormat);
      const { virtualSizeBytes } = verified;
      assert.ok(
        virtualSizeBytes >= 8 * 2 ** 20 && virtualSizeBytes < 8.1 * 2 ** 20,
        String(virtualSizeBytes),
      );
      if (driver !== 'vpc') assert.equal(inspection.virtualSizeBytes, virtualSizeBytes);
    });
  });
}

test('what qemu-img makes of hostile kinds is refused before qemu-img looks at it', async () => {
  await withScratch(async (directory) => {
    const at = (name: string) => join(directory, name);
    await qemuImg('create', '-q', '-f', 'raw', at('base'), '4M');
    await qemuImg('create', '-q', '-f', 'qcow2', '-b', at('base'), '-F', 'raw', at('overlay'));
    await qemuImg(
      'create',
      '-q',
      '-f',
      'qcow2',
      '-o',
      `data_file=${at('data')},data_file_raw=on`,
      at('split'),
      '4M',
    );
    await qemuImg('create', '-q', '-f', 'qcow2', '-o', 'extended_l2=on', at('extended'), '4M');
    await qemuImg('create', '-q', '-f', 'qed', at('qed'), '4M');
    await qemuImg('create', '-q', '-f', 'vmdk', '-o', 'subformat=monolithicFlat', at('flat'), '4M');
    await qemuImg('create', '-q', '-f', 'vmdk', '-o', 'subformat=twoGbMaxExtentSparse', at('parts'), '4M');
    const expected = {
      overlay: 'IMAGE_HAS_BACKING_FILE',
      split: 'IMAGE_HAS_DATA_FILE',
      extended: 'IMAGE_UNSAFE',
      qed: 'IMAGE_FORMAT_UNSUPPORTED',
      flat: 'IMAGE_UNSAFE',
      parts: 'IMAGE_UNSAFE',
    };
    for (const [name, code] of Object.entries(expected)) {
      await assert.rejects(verifyImage({ path: at(name), name }), { code }, name);
    }
  });
});

test('a real CD is an iso', async () => {
  await withScratch(async (directory) => {
    const path = join(directory, 'cd.iso');
    await runProgram('genisoimage', ['-quiet', '-o', path, '/proc/self/comm'], { cwd: directory });
    assert.equal((await verifyImage({ path, name: 'cd' })).diskFormat, 'iso');
  });
});

test('a qcow2 whose tables are damaged is unreadable, not a crash', async () => {
  await withScratch(async (directory) => {
    const path = join(directory, 'image');
    await qemuImg('create', '-q', '-f', 'qcow2', path, '4M');
    await runProgram('truncate', ['-s', '4096', path]);
    await runProgram('dd', ['if=/dev/urandom', `of=${path}`, 'bs=1', 'seek=40', 'count=24', 'conv=notrunc']);
    await assert.rejects(verifyImage({ path, name: 'image' }), { code: 'IMAGE_UNREADABLE', kind: 'corrupt' });
  });
});

test('an empty file, a directory and a missing file are told apart', async () => {
  await withScratch(async (directory) => {
    await runProgram('touch', [join(directory, 'empty')]);
    await assert.rejects(verifyImage({ path: join(directory, 'empty'), name: 'x' }), { code: 'IMAGE_EMPTY' });
    await assert.rejects(verifyImage({ path: directory, name: 'x' }), { code: 'FILE_NOT_REGULAR' });
    await assert.rejects(verifyImage({ path: join(directory, 'none'), name: 'x' }), { code: 'FILE_MISSING' });
  });
});
