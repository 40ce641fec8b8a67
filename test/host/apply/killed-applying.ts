// What the tests of killed applies share: a process that dies at a step, and the next one, which goes on.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readManifest } from '../../../src/app/index.ts';
import type { Compute, Manifest } from '../../../src/compute/index.ts';
import { PACKAGE, type World } from '../support/world.ts';
import { type Wishes, writeManifest } from './manifest-of-world.ts';

/** Two, so that there is something left to do after the first. */
export const TWO: Wishes = { more: '  second: { image: minimal, flavor: small, networks: [none] }\n' };

/** Applies in a process of its own that is killed at the step; `lab` stands for the network's name. */
export async function die(
  world: World,
  wishes: Wishes,
  [step, phase]: readonly [string, string],
): Promise<void> {
  const script = join(PACKAGE, 'test', 'host', 'apply', 'apply-and-die.ts');
  const file = await writeManifest(world, wishes);
  const name = step.replace('lab', `${world.prefix}-lab`);
  const child = spawn(process.execPath, [script, world.configFile, file, name, phase], { stdio: 'inherit' });
  const [, signal]: unknown[] = await once(child, 'exit');
  assert.equal(signal, 'SIGKILL', `${name} ${phase}`);
}

async function manifestOf(world: World, wishes: Wishes): Promise<Manifest> {
  const file = await writeManifest(world, wishes);
  return await readManifest([{ file, text: await readFile(file, 'utf8') }], readFile);
}

/** Another process, as it were: what the killed one left is repaired, and the file is applied to its end. */
export async function goOn(world: World, wishes: Wishes, status = 'ACTIVE'): Promise<Compute> {
  const compute = await world.compute();
  const manifest = await manifestOf(world, wishes);
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

/** The state of a host on which nothing was applied yet. */
export async function untouched(world: World): Promise<Awaited<ReturnType<World['snapshot']>>> {
  await world.compute(); // makes the directories
  await world.closeCompute();
  return await world.snapshot();
}

/** Kills it there, goes on, takes all back, and sees that nothing stays. */
export async function killAndGoOn(
  world: World,
  point: readonly [string, string],
  nothing: Awaited<ReturnType<World['snapshot']>>,
): Promise<void> {
  await die(world, TWO, point);
  const compute = await goOn(world, TWO);
  await compute.manifests.remove(await manifestOf(world, TWO), { all: true });
  await world.closeCompute();
  assert.deepEqual(await world.snapshot(), nothing);
}
