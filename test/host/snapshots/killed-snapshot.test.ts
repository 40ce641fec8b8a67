// Crash only: a snapshot that was not whole when its maker was killed is gone, a restore and a removal are brought to their
// end, and the guest runs again where it ran; all by the next command.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runProgram } from '../../../src/hostlink/index.ts';
import { World } from '../support/world.ts';
import { bytesOnImage, DiskMarks, writeOnImage } from './disk-marks.ts';

const world = await World.make();
after(() => world[Symbol.asyncDispose]());
let directory = '';

before(async () => {
  const image = await world.minimalImage();
  const compute = await world.compute();
  const flavor = { vcpus: 1, memoryMiB: 256, rootGiB: 1, ephemeralGiB: 1, swapMiB: 0, extraSpecs: {} };
  await compute.flavors.create({ name: 'two-disks', ...flavor });
  const { id } = await compute.launch({ image, name: 'origin', flavor: 'two-disks' });
  directory = join(world.stateDir, 'state', 'instances', id);
  await write('before');
  await compute.snapshots.create('origin', { name: 'base', quiesce: 'never' });
  await write('after');
  await world.closeCompute();
});

/** In a guest that runs. */
async function write(word: string): Promise<void> {
  const compute = await world.compute();
  await compute.waitFor('origin', { kind: 'agent' });
  await new DiskMarks(compute, 'origin').write(word, 1);
  await new DiskMarks(compute, 'origin', '/dev/vdb').write(word, 2);
}

async function onDisks(): Promise<readonly string[]> {
  return [
    await bytesOnImage(join(directory, 'disk'), 1),
    await bytesOnImage(join(directory, 'disk.local'), 2),
  ];
}

/** Kills a process in the middle; then lists the snapshots by the next command, and what the disks have of them. */
async function dieAt(act: string, name: string, step: string, phase: string): Promise<void> {
  await world.closeCompute();
  const program = join(import.meta.dirname, 'snapshot-and-die.ts');
  const args = [program, world.configFile, 'origin', act, name, step, phase];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'], timeout: 240_000 });
  const ended = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(signal ?? `exit ${code}`));
  });
  assert.equal(ended, 'SIGKILL');
}

async function thereAre(names: readonly string[]): Promise<void> {
  const listed = await world.novalet(['snapshot', 'list', 'origin', '-o', 'json']);
  assert.equal(listed.status, 0, listed.stderr);
  const snapshots = JSON.parse(listed.stdout) as { name: string; unfinished: string | null }[];
  assert.deepEqual(
    snapshots.map(({ name, unfinished }) => [name, unfinished]),
    names.map((name) => [name, null]),
  );
  for (const file of ['disk', 'disk.local']) {
    const path = join(directory, file);
    const { stdout } = await runProgram('qemu-img', ['info', '-U', '--output=json', path]);
    assert.equal((JSON.parse(stdout).snapshots ?? []).length, names.length, file);
  }
  assert.deepEqual(
    (await readdir(directory)).filter((name) => name.endsWith('.tmp')),
    [],
  );
}

async function isShown(status: string): Promise<void> {
  const compute = await world.compute();
  const view = await compute.show('origin');
  assert.deepEqual([view.status, view.instance.taskState, view.instance.fault], [status, null, null]);
}

for (const [step, phase] of [
  ['mark', 'begin'],
  ['mark', 'end'],
  ['firmware', 'end'],
] as const) {
  test(`killed at the ${phase} of ${step}, a snapshot of a running guest is gone`, async () => {
    await dieAt('create', 'doomed', step, phase);
    await thereAre(['base']);
    await isShown('ACTIVE');
    assert.deepEqual(await onDisks(), ['after', 'after']);
  });
}

for (const [step, phase] of [
  ['stop', 'end'],
  ['start', 'begin'],
  ['start', 'end'],
] as const) {
  test(`killed at the ${phase} of ${step}, a restore is brought to its end and the guest runs`, async () => {
    await write('after');
    await dieAt('restore', 'base', step, phase);
    await thereAre(['base']);
    await isShown('ACTIVE');
    assert.deepEqual(await onDisks(), ['before', 'before']);
  });
}

for (const phase of ['begin', 'end']) {
  test(`killed at the ${phase} of remove-mark, a removal in a running guest is brought to its end`, async () => {
    const compute = await world.compute();
    await compute.snapshots.create('origin', { name: 'second', quiesce: 'never' });
    await dieAt('remove', 'second', 'remove-mark', phase);
    await thereAre(['base']);
    await isShown('ACTIVE');
  });
}

for (const phase of ['begin', 'end']) {
  test(`killed at the ${phase} of go-back, a restore of an instance that is off leaves it off and restored`, async () => {
    const compute = await world.compute();
    if ((await compute.show('origin')).status === 'ACTIVE') await compute.stop('origin', { force: true });
    await writeOnImage(join(directory, 'disk'), 1);
    await writeOnImage(join(directory, 'disk.local'), 2);
    assert.notDeepEqual(await onDisks(), ['before', 'before']);
    await dieAt('restore', 'base', 'go-back', phase);
    await thereAre(['base']);
    await isShown('SHUTOFF');
    assert.deepEqual(await onDisks(), ['before', 'before']);
  });
}

for (const phase of ['begin', 'end']) {
  test(`killed at the ${phase} of mark, a snapshot of an instance that is off is gone`, async () => {
    await dieAt('create', 'doomed', 'mark', phase);
    await thereAre(['base']);
    await isShown('SHUTOFF');
  });
}
