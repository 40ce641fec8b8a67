// Recovery judges no instance by what it could not see.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
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
  assert.equal((await world.novalet(['delete', 'doomed'])).status, 0);
});

test('waiting for the agent of an instance that is deleted meanwhile ends at once', async () => {
  const compute = await world.compute();
  await compute.launch({ image: 'minimal', name: 'brief', flavor: 'full' });
  const subscribed = Promise.withResolvers<void>();
  const waiting = compute.waitFor(
    'brief',
    { kind: 'agent' },
    {
      timeoutMs: 120_000,
      onProgress: ({ what }) => (what.includes('boot') ? subscribed.resolve() : undefined),
    },
  );
  const ended = assert.rejects(waiting, {
    code: 'INSTANCE_NOT_FOUND',
    message: 'Instance brief was deleted meanwhile',
  });
  await subscribed.promise;
  await compute.delete('brief');
  await ended;
  await world.closeCompute();
});

test('what a killed image build made is swept by the next command', async () => {
  const program = join(PACKAGE, 'scripts', 'novalet');
  const child = spawn(program, ['--config', world.configFile, 'image', 'build', 'minimal', '--name', 'm2'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
    timeout: 240_000,
  });
  const work = join(world.stateDir, 'state', 'work');
  await once(child.stderr, 'data'); // the recipe speaks: its folder is there
  assert.equal((await readdir(work)).length, 1);
  process.kill(-(child.pid ?? Number.NaN), 'SIGKILL');
  child.stderr.resume();
  await once(child, 'close'); // when the last of them has died, and works there no more
  await listed();
  assert.deepEqual(await readdir(work), []);
});

async function dieAt(step: string, phase: string): Promise<void> {
  const program = join(PACKAGE, 'test', 'host', 'support', 'launch-and-die.ts');
  const args = [program, world.configFile, 'minimal', step, phase];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'], timeout: 240_000 });
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
