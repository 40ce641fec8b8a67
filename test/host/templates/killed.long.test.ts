// Crash only: the moments of making a template that killed.test.ts leaves out, and those of one that is made of an instance.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { World } from '../support/world.ts';
import { dieAt, makeWhole, standing } from './killed-template.ts';

const LIMIT = { timeout: 240_000 };
const world = await World.make();
after(() => world[Symbol.asyncDispose]());
let untouched: unknown;

before(async () => {
  await makeWhole(world);
  const compute = await world.compute();
  await compute.launch({ image: 'minimal', name: 'source', flavor: 'small', network: 'none' });
  await compute.waitFor('source', { kind: 'agent' }, { timeoutMs: 120_000 });
  untouched = await standing(world, compute);
}, LIMIT);

const OF_IMAGE = { name: 'doomed', image: 'minimal', flavor: 'small' };
const OF_INSTANCE = { name: 'doomed', instance: 'source' };

for (const [request, at] of [
  [OF_IMAGE, 'root-disk begin'],
  [OF_IMAGE, 'start-domain begin'],
  [OF_IMAGE, 'eject begin'],
  [OF_IMAGE, 'prepare begin'],
  [OF_IMAGE, 'prepare end'],
  [OF_IMAGE, 'shrink end'],
  [OF_IMAGE, 'memory end'],
  [OF_IMAGE, 'disks /disk'],
  [OF_IMAGE, 'disks end'],
  [OF_INSTANCE, 'copy-disks begin'],
  [OF_INSTANCE, 'copy-disks end'],
  [OF_INSTANCE, 'eject begin'],
  [OF_INSTANCE, 'memory /memory'],
  [OF_INSTANCE, 'checksum end'],
] as const) {
  const source = request === OF_IMAGE ? 'an image' : 'an instance';
  test(
    `killed at "${at}", the making of a template of ${source} leaves nothing but what there was`,
    LIMIT,
    async () => {
      await dieAt(world, 'create', request, at);
      const compute = await world.compute(); // as the next command would
      assert.deepEqual(await standing(world, compute), untouched);
      assert.deepEqual((await compute.templates.verify('whole')).damaged, new Map());
    },
  );
}

test('after all of that a template of the same name is made of the instance', LIMIT, async () => {
  const compute = await world.compute();
  await compute.templates.create(OF_INSTANCE);
  const { way, why } = await compute.templates.launch('doomed', { name: 'next', network: 'none' });
  assert.deepEqual([way, why], ['memory', null]);
});
