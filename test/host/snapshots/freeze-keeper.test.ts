// A guest whose filesystem is frozen for an image by somebody who is killed before the thaw: it is never left so. Proved by
// writing inside. freeze-keeper.long.test.ts does the same, and more, with a whole Debian.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Compute } from '../../../src/compute/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { World } from '../support/world.ts';

const NAME = 'frozen';
const BOUND = { timeout: 300_000 };
const world = await World.make();
after(() => world[Symbol.asyncDispose]());
let compute: Compute;

before(async () => {
  const image = await world.minimalImage();
  compute = await world.compute();
  await compute.launch({ image, name: NAME, network: 'none' });
  const path = join(world.stateDir, 'data.raw');
  await writeFile(path, '');
  await truncate(path, 16 * 1024 ** 2);
  await runProgram('mkfs.ext4', ['-q', '-F', path]);
  await compute.waitFor(NAME, { kind: 'agent' }, { timeoutMs: BOUND.timeout });
  const { target } = await compute.disks.attach(NAME, { source: { kind: 'file', path } });
  await inside(
    `until [ -b /dev/${target} ]; do sleep 0.1; done; mkdir /mnt/data && mount -t ext4 /dev/${target} /mnt/data`,
  );
}, BOUND);

/** Over the lane: the agent runs nothing while it takes its guest for frozen. */
async function inside(script: string): Promise<string> {
  const { exitCode, stdout, stderr } = await compute.exec(NAME, { argv: ['sh', '-c', script], via: 'lane' });
  assert.equal(exitCode, 0, stderr.toString());
  return stdout.toString().trim();
}

async function agentSays(): Promise<unknown> {
  return await compute.guests.call(NAME, { command: 'guest-fsfreeze-status' });
}

async function dieFrozen(freezeDeadlineMs: number): Promise<void> {
  const program = join(import.meta.dirname, 'image-and-die.ts');
  const request = { name: 'doomed', quiesce: 'require', freezeDeadlineMs };
  const args = [program, world.configFile, NAME, 'copy-begin', 'begin', JSON.stringify(request)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'], ...BOUND });
  assert.deepEqual(await once(child, 'close'), [null, 'SIGKILL']);
  assert.equal(await agentSays(), 'frozen');
}

async function requireWhole(): Promise<void> {
  const listed = await world.novalet(['list']);
  assert.equal(listed.status, 0, listed.stderr);
  assert.equal(await agentSays(), 'thawed');
  assert.equal((await compute.show(NAME)).instance.taskState, null);
  assert.ok((await compute.images.list()).every(({ name }) => name !== 'doomed'));
}

test(
  'with nobody left to thaw it, the guest does so at its deadline, and what waited is written',
  BOUND,
  async () => {
    await dieFrozen(15_000);
    // The guest's kernel holds this write until the filesystem is thawed; nobody outside does anything meanwhile.
    assert.equal(await inside('echo told >/mnt/data/written && sync && cat /mnt/data/written'), 'told');
    assert.equal(await agentSays(), 'frozen'); // it was not asked, and does not know
    await requireWhole();
    assert.equal(
      (await compute.createImage(NAME, { name: 'whole', quiesce: 'require' })).consistency,
      'filesystem',
    );
  },
);

test('long before its deadline the next command thaws it', BOUND, async () => {
  await dieFrozen(1_000_000);
  await requireWhole();
  assert.equal(await inside('echo again >/mnt/data/written && sync && cat /mnt/data/written'), 'again');
});
