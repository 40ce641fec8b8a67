// A root disk whose file is gone: whatever the instance is doing, the hint is a way that works from there.
import assert from 'node:assert/strict';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Compute } from '../../../src/compute/index.ts';
import { World } from '../support/world.ts';

const NAME = 'rootless';
const world = await World.make();
after(() => world[Symbol.asyncDispose]());
let compute: Compute;
let root = '';

before(async () => {
  await world.minimalImage();
  compute = await world.compute();
  const { id } = await compute.launch({ image: 'minimal', name: NAME, flavor: 'm1.tiny' });
  root = join(world.stateDir, 'state', 'instances', id, 'disk');
});

async function state(): Promise<string> {
  return (await compute.show(NAME)).instance.vmState;
}

const lost = (cure: string) => ({
  code: 'ROOT_DISK_LOST',
  hint: `Put the file back, or begin anew from its image: ${cure}`,
});

test('a suspended instance keeps its memory until it is given up, and is resumed when the file is back', async () => {
  await compute.suspend(NAME);
  await rename(root, `${root}.aside`);
  const cure = `novalet reboot --hard ${NAME} drops its memory; then novalet rebuild ${NAME}`;
  await assert.rejects(compute.resume(NAME), lost(cure));
  assert.equal(await state(), 'suspended');
  await rename(`${root}.aside`, root);
  await compute.resume(NAME);
  assert.equal(await state(), 'active');
});

test('without the file a hard reboot drops the memory, and the rebuild it hints at may begin', async () => {
  await compute.suspend(NAME);
  await rm(root);
  await assert.rejects(compute.reboot(NAME, { hard: true }), lost(`novalet rebuild ${NAME}`));
  assert.equal(await state(), 'stopped');
  await compute.rebuild(NAME);
  assert.equal(await state(), 'stopped');
  await compute.start(NAME);
});

test('a hard reboot lets a guest run on that still has what was on the file', async () => {
  await rm(root);
  const words = (cure: string) => ({
    code: 'ROOT_DISK_LOST',
    hint: `Copy what matters out of the guest first (novalet cp); then begin anew from its image: ${cure}`,
  });
  const rebuild = `novalet rebuild ${NAME}`;
  await compute.pause(NAME);
  const refused = () => compute.reboot(NAME, { hard: true });
  await assert.rejects(refused(), words(`novalet unpause ${NAME}; then ${rebuild}`));
  assert.equal((await compute.show(NAME)).status, 'PAUSED');
  await compute.unpause(NAME);
  await assert.rejects(refused(), words(rebuild));
  assert.equal((await compute.show(NAME)).status, 'ACTIVE');
  await compute.rebuild(NAME);
  assert.equal((await compute.show(NAME)).status, 'ACTIVE');
});

test('a shelved one can only be given up', async () => {
  await compute.shelve(NAME, { force: true });
  await rm(root);
  const cure = `novalet delete ${NAME} and a new launch, since it is shelved`;
  await assert.rejects(compute.unshelve(NAME), lost(cure));
  assert.equal(await state(), 'shelved');
  await compute.delete(NAME);
});
