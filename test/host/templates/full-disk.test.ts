// A template whose memory finds no room on the disk: told before it is written, and nothing is left of it.
import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { World } from '../support/world.ts';

const LEFT = 8 * 1024 ** 2;
const folder = await mkdtemp('/var/tmp/nvt-template-');
await chmod(folder, 0o711);
await runProgram('mount', ['-t', 'tmpfs', '-o', 'size=4g,mode=711', 'nvt-template', folder]);
const world = await World.make('', join(folder, 'state'));
after(async () => {
  await world[Symbol.asyncDispose]();
  await runProgram('umount', [folder]);
  await rm(folder, { recursive: true });
});

test('a template without room for its memory is refused, and its guest and its name are gone', {
  timeout: 240_000,
}, async () => {
  await world.minimalImage();
  const compute = await world.compute();
  const shape = { vcpus: 1, memoryMiB: 256, rootGiB: 0, ephemeralGiB: 0, swapMiB: 0, extraSpecs: {} };
  await compute.flavors.create({ name: 'small', ...shape });
  let filling: Promise<unknown> = Promise.resolve();
  const making = compute.templates.create(
    { name: 'large', image: 'minimal', flavor: 'small' },
    {
      onProgress: ({ step, phase }) => {
        if (step === 'eject' && phase === 'begin') filling = leaveNoRoom();
      },
    },
  );
  await assert.rejects(making, (error) => {
    assert.ok(isFault(error, 'DISK_SPACE_EXHAUSTED'));
    assert.match(error.message, /for the memory of template-/);
    return true;
  });
  await filling;
  assert.deepEqual(await compute.templates.list(), []);
  assert.deepEqual(await compute.list(), []);
  assert.deepEqual(await readdir(join(folder, 'state', 'templates')), []);
  assert.deepEqual(await readdir(join(folder, 'state', 'instances')), ['_base']);
  const { stdout } = await runProgram('virsh', ['-c', 'qemu:///system', 'list', '--all', '--name']);
  assert.ok(!stdout.includes(world.prefix), stdout);
});

/** Nothing is written for that: what is free of it is taken away. */
async function leaveNoRoom(): Promise<void> {
  const { blocks, bfree, bsize } = await statfs(folder);
  const bytes = (blocks - bfree) * bsize + LEFT;
  await runProgram('mount', ['-o', `remount,size=${bytes}`, folder]);
}
