// Shelving and unshelving a real guest: nothing of it runs between, its data come back, and what it held is free for others.
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import { World } from '../support/world.ts';
import { GuestInState, NAME } from './guest-in-state.ts';

const world = await World.make();
after(() => world[Symbol.asyncDispose]());
let guest: GuestInState;

const flavor = {
  name: 'full',
  vcpus: 1,
  memoryMiB: 256,
  rootGiB: 0,
  ephemeralGiB: 1,
  swapMiB: 64,
  extraSpecs: {},
};

before(async () => {
  guest = await GuestInState.launch(world, flavor);
});

test('shelved while it runs, an instance has no domain and holds no processors and no memory; unshelved, it has its data', async () => {
  const data = await guest.writeData();
  const held = await guest.compute.capacity();
  await guest.compute.shelve(NAME);
  await guest.requireState('shelved', 'SHELVED');
  assert.deepEqual((await world.snapshot())['domains'], []);
  const free = await guest.compute.capacity();
  assert.equal(held.memoryMiB.held - free.memoryMiB.held, flavor.memoryMiB);
  assert.equal(held.vcpus.held - free.vcpus.held, flavor.vcpus);
  assert.equal(free.diskBytes.held, held.diskBytes.held);
  await guest.compute.unshelve(NAME);
  await guest.requireState('active', 'ACTIVE');
  await guest.requireData(data, 'gone');
  assert.equal((await guest.compute.capacity()).memoryMiB.held, held.memoryMiB.held);
});

test('shelved while it is suspended, it loses the memory that was saved and nothing else', async () => {
  const data = await guest.writeData();
  await guest.compute.suspend(NAME);
  await guest.compute.shelve(NAME);
  await guest.requireState('shelved', 'SHELVED');
  await guest.compute.unshelve(NAME);
  await guest.requireData(data, 'gone');
});

test('offloaded, it leaves an image and no disks of its own; unshelved, it has its data, and the image is gone', async () => {
  const data = await guest.writeData();
  await guest.compute.pause(NAME);
  await guest.compute.shelve(NAME, { offload: true });
  await guest.requireState('shelved_offloaded', 'SHELVED_OFFLOADED');
  assert.deepEqual(
    (await ownFiles()).filter((file) => /^disk(\.local|\.swap|\.eph0)?$/.test(file)),
    [],
  );
  assert.equal((await guest.compute.capacity()).diskBytes.held, 0);
  assert.equal(
    (await guest.compute.images.show(`${NAME}-shelved`)).properties['instance_uuid'],
    (await guest.show()).instance.id,
  );
  await guest.compute.unshelve(NAME);
  await guest.requireState('active', 'ACTIVE');
  await guest.requireData(data, 'gone');
  assert.equal((await guest.show()).instance.shelvedImage, undefined);
  await assert.rejects(guest.compute.images.show(`${NAME}-shelved`), (error) =>
    isFault(error, 'IMAGE_NOT_FOUND'),
  );
});

test('each action has its command, which prints what became of the instance', async () => {
  const run = async (...args: readonly string[]) => {
    const { status, stdout, stderr } = await world.novalet([...args, '-o', 'json']);
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout);
  };
  const statusAfter = async (...args: readonly string[]) => {
    const [{ status }] = await run(...args);
    return status;
  };
  assert.equal(await statusAfter('pause', NAME), 'PAUSED');
  assert.equal(await statusAfter('unpause', NAME), 'ACTIVE');
  assert.equal(await statusAfter('suspend', NAME), 'SUSPENDED');
  assert.equal(await statusAfter('resume', NAME), 'ACTIVE');
  const [{ locked, locked_reason: reason }] = await run('lock', NAME, '--reason', 'in the books');
  assert.deepEqual([locked, reason], [true, 'in the books']);
  const refused = await world.novalet(['shelve', NAME]);
  assert.equal(refused.status, 4);
  assert.match(
    refused.stderr,
    /it is locked \(in the books\) \[INSTANCE_LOCKED\]\n {2}hint: .*novalet unlock web/,
  );
  await run('unlock', NAME);
  const { tags, metadata } = await run('set', NAME, '--tag', 'blue', '--meta', 'a=1', '--unset-meta', 'role');
  assert.deepEqual([tags, metadata], [['blue'], { a: '1' }]);
  assert.equal((await run('rename', NAME, 'other')).name, 'other');
  assert.equal((await run('rename', 'other', NAME)).name, NAME);
  assert.equal(await statusAfter('shelve', '--force', NAME), 'SHELVED');
  assert.equal(await statusAfter('shelve', '--offload', NAME), 'SHELVED_OFFLOADED');
  assert.equal(await statusAfter('unshelve', NAME), 'ACTIVE');
});

test('stopped and shelved, it may be offloaded later; without its image it cannot come back, and stays as it is', async () => {
  await guest.compute.stop(NAME);
  await guest.compute.shelve(NAME);
  await guest.compute.shelve(NAME, { offload: true });
  await guest.requireState('shelved_offloaded', 'SHELVED_OFFLOADED');
  await guest.compute.images.remove(`${NAME}-shelved`);
  await assert.rejects(guest.compute.unshelve(NAME), (error) => isFault(error, 'SHELVED_IMAGE_GONE'));
  await guest.requireState('shelved_offloaded', 'SHELVED_OFFLOADED');
  await guest.compute.delete(NAME);
  assert.deepEqual((await world.snapshot())['domains'], []);
});

async function ownFiles(): Promise<readonly string[]> {
  const { instance } = await guest.show();
  return await readdir(`${world.stateDir}/state/instances/${instance.id}`);
}
