// Recovery judges no instance by what it could not see.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openStore } from '../../../src/store/index.ts';
import { PACKAGE, World } from '../support/world.ts';

const NOWHERE = 'qemu:///system?socket=/nonexistent';
const world = await World.make();
after(() => world[Symbol.asyncDispose]());

before(async () => {
  await world.minimalImage();
  const shape = { vcpus: 1, memoryMiB: 256, rootGiB: 0, ephemeralGiB: 0, swapMiB: 0, extraSpecs: {} };
  await (await world.compute()).flavors.create({ name: 'full', ...shape });
  await world.closeCompute();
});

test('a command without libvirt leaves a half-built instance to the next one that reaches it', async () => {
  await dieAt('start-domain', 'begin');
  await failWithoutLibvirt();
  assert.deepEqual(recorded(), [{ vmState: 'building', fault: null, abandoned: true }]);
  assert.deepEqual(await listed(), []);
});

test('a command without libvirt does not call an instance broken that is whole', async () => {
  await dieAt('activate', 'end');
  await failWithoutLibvirt();
  assert.deepEqual(recorded(), [{ vmState: 'active', fault: null, abandoned: true }]);
  assert.deepEqual(await listed(), ['doomed ACTIVE']);
});

async function dieAt(step: string, phase: string): Promise<void> {
  const program = join(PACKAGE, 'test', 'host', 'support', 'launch-and-die.ts');
  const args = [program, world.configFile, 'minimal', step, phase];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'], timeout: 60_000 });
  assert.deepEqual(await once(child, 'close'), [null, 'SIGKILL']);
}

async function failWithoutLibvirt(): Promise<void> {
  const { status, stderr } = await world.novalet(['--connect', NOWHERE, 'list']);
  assert.notEqual(status, 0);
  assert.match(stderr, /LIBVIRT_UNREACHABLE/);
}

function recorded(): readonly object[] {
  using store = openStore(join(world.stateDir, 'state', 'novalet.db'));
  const dead = store.leases.dead().map(({ key }) => key);
  return store.instances
    .list()
    .map(({ id, vmState, fault }) => ({ vmState, fault, abandoned: dead.includes(`instance:${id}`) }));
}

async function listed(): Promise<readonly string[]> {
  const views = await (await world.compute()).list();
  await world.closeCompute();
  return views.map(({ instance, status }) => `${instance.name} ${status}`);
}
