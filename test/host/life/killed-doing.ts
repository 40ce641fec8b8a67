// A rescue or a rebuild that is killed at one of its steps, and what the next command makes of it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '../../../src/hostlink/index.ts';
import type { Instance } from '../../../src/model/index.ts';
import { PACKAGE, type World } from '../support/world.ts';

export const DOOMED = 'doomed';

/** Has an instance that does not wait to be switched off, and an image of other content to rebuild it from. */
export async function launchDoomed(world: World): Promise<Instance> {
  await world.minimalImage();
  const compute = await world.compute();
  await compute.images.set('minimal', { properties: { os_shutdown_timeout: '0' } });
  const { properties } = await compute.images.show('minimal');
  const source = join(world.stateDir, 'other.raw');
  await runProgram('truncate', ['-s', '1M', source]);
  await compute.images.add({ source, name: 'other', diskFormat: 'raw', properties });
  const shape = { vcpus: 1, memoryMiB: 256, rootGiB: 0, ephemeralGiB: 1, swapMiB: 64, extraSpecs: {} };
  await compute.flavors.create({ name: 'full', ...shape });
  return await compute.launch({ image: 'minimal', name: DOOMED, flavor: 'full' });
}

/** `at`: the name of a step and `begin` or `end`; `image`: of a rebuild. */
export async function dieDoing(world: World, what: string, at: string, image = ''): Promise<void> {
  await world.closeCompute(); // the next one repairs
  const program = join(PACKAGE, 'test', 'host', 'life', 'rebuild-and-die.ts');
  const args = [program, world.configFile, DOOMED, what, ...at.split(' '), image];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'], timeout: 240_000 });
  assert.deepEqual(await once(child, 'close'), [null, 'SIGKILL']);
}

export interface Found {
  readonly status: string;
  readonly instance: Instance;
  readonly files: readonly string[];
  /** As libvirt has it. */
  readonly xml: string;
}

/** After whatever repairs the next command does. */
export async function lookAgain(world: World): Promise<Found> {
  const compute = await world.compute();
  const { instance, status } = await compute.show(DOOMED);
  assert.deepEqual([instance.taskState, instance.fault], [null, null]);
  const directory = join(world.stateDir, 'state', 'instances', instance.id);
  const { stdout: xml } = await runProgram('virsh', ['-c', 'qemu:///system', 'dumpxml', instance.domainName]);
  return { status, instance, xml, files: (await readdir(directory)).sort() };
}
