// Crash only: an apply that is killed before or after any of its steps is brought to its end by the same file once more.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readManifest } from '../../../src/app/index.ts';
import type { Compute, Manifest } from '../../../src/compute/index.ts';
import { PACKAGE, World } from '../support/world.ts';
import { type Wishes, writeManifest } from './manifest-of-world.ts';

const world = await World.make();
after(() => world[Symbol.asyncDispose]());

/** Two, so that there is something left to do after the first. */
const TWO: Wishes = { more: '  second: { image: minimal, flavor: small, networks: [none] }\n' };
const lab = `network:${world.prefix}-lab`;
let nothing: Awaited<ReturnType<World['snapshot']>>;

before(async () => {
  await world.compute(); // makes the directories
  await world.closeCompute();
  nothing = await world.snapshot();
});

async function die(wishes: Wishes, step: string, phase: string): Promise<void> {
  const script = join(PACKAGE, 'test', 'host', 'apply', 'apply-and-die.ts');
  const file = await writeManifest(world, wishes);
  const child = spawn(process.execPath, [script, world.configFile, file, step, phase], { stdio: 'inherit' });
  const [, signal]: unknown[] = await once(child, 'exit');
  assert.equal(signal, 'SIGKILL', `${step} ${phase}`);
}

async function manifestOf(wishes: Wishes): Promise<Manifest> {
  const file = await writeManifest(world, wishes);
  return await readManifest([{ file, text: await readFile(file, 'utf8') }], readFile);
}

/** Another process, as it were: what the killed one left is repaired, and the file is applied to its end. */
async function goOn(wishes: Wishes, status = 'ACTIVE'): Promise<Compute> {
  const compute = await world.compute();
  const manifest = await manifestOf(wishes);
  await compute.manifests.apply(manifest, { allowRestart: true });
  const left = await compute.manifests.compare(manifest);
  assert.deepEqual(
    left.filter(({ action, problem }) => action !== 'none' || problem !== null),
    [],
  );
  const views = await compute.list();
  assert.deepEqual(views.map(({ instance }) => instance.name).toSorted(), ['second', 'web']);
  assert.ok(
    views.every((view) => view.status === status),
    views.map((view) => view.status).join(),
  );
  for (const { instance } of views) assert.deepEqual([instance.taskState, instance.fault], [null, null]);
  return compute;
}

const POINTS: readonly (readonly [string, string])[] = [
  ['image:ramdisk', 'begin'],
  ['flavor:small', 'end'],
  [lab, 'end'],
  ['port:door', 'end'],
  ['define-domain', 'begin'],
  ['start-domain', 'end'],
  ['instance:web', 'end'],
  ['instance:second', 'end'],
];

for (const [step, phase] of POINTS) {
  test(`killed at the ${phase} of ${step.replace(world.prefix, 'the')}, it goes on, and nothing of it stays when it is taken back`, async () => {
    await die(TWO, step, phase);
    const compute = await goOn(TWO);
    await compute.manifests.remove(await manifestOf(TWO), { all: true });
    await world.closeCompute();
    assert.deepEqual(await world.snapshot(), nothing);
  });
}

test('killed in a resize, and between it and its confirmation, it goes on from there', async () => {
  const compute = await goOn(TWO);
  for (const name of ['web', 'second']) await compute.stop(name, { force: true });
  await world.closeCompute();
  const larger = { ...TWO, memory: '256' };
  await die(larger, 'define-domain', 'end');
  await die(larger, 'merge-disks', 'begin');
  const again = await goOn(larger, 'SHUTOFF');
  const sizes = (await again.list()).map(({ instance }) => instance.flavor.memoryMiB);
  assert.deepEqual(sizes, [256, 256]);
});
