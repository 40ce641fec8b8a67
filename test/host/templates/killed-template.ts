// Templates that a process dies over, and what the next command makes of it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Compute } from '../../../src/compute/index.ts';
import type { World } from '../support/world.ts';

const PROGRAM = join(import.meta.dirname, 'template-and-die.ts');

/** A template named `whole`, of a small guest that has no network while it is made. */
export async function makeWhole(world: World): Promise<void> {
  await world.minimalImage();
  const compute = await world.compute();
  const shape = { vcpus: 1, memoryMiB: 256, rootGiB: 0, ephemeralGiB: 0, swapMiB: 0, extraSpecs: {} };
  await compute.flavors.create({ name: 'small', ...shape });
  await compute.templates.create({ name: 'whole', image: 'minimal', flavor: 'small' });
}

/** `at`: name of the step, then `begin`, `end` or the end of the path of a file that it makes. */
export async function dieAt(
  world: World,
  what: 'create' | 'launch',
  request: object,
  at: string,
): Promise<void> {
  await world.closeCompute(); // the next one repairs
  const [step = '', moment = ''] = at.split(' ');
  const args = [world.configFile, join(world.stateDir, 'state'), what, JSON.stringify(request), step, moment];
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: 240_000,
    killSignal: 'SIGTERM',
  });
  assert.deepEqual(await once(child, 'close'), [null, 'SIGKILL']);
}

/** What is on the host and in the records. */
export async function standing(world: World, compute: Compute): Promise<unknown> {
  const templates = await compute.templates.list();
  return {
    world: await world.snapshot(),
    instances: (await compute.list()).map(({ instance: { name, vmState, taskState } }) => [
      name,
      vmState,
      taskState,
    ]),
    templates: templates.map(({ template: { name, state }, users }) => [name, state, users]),
  };
}
