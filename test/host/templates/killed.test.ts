// Crash only: whoever dies while a template is made, or while an instance is launched from one, leaves nothing to the next
// command, and the template as it was. Further moments are in killed.long.test.ts.
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
  await compute.templates.launch('whole', { name: 'first' }); // the network is there from now on
  await compute.delete('first');
  untouched = await standing(world, compute);
}, LIMIT);

async function requireUntouched(): Promise<void> {
  const compute = await world.compute(); // as the next command would
  assert.deepEqual(await standing(world, compute), untouched);
  assert.deepEqual((await compute.templates.verify('whole')).damaged, new Map());
}

for (const at of [
  'files end',
  'define-domain end',
  'memory /console.log',
  'memory end',
  'plug end',
  'renew end',
  'configure end',
]) {
  test(
    `killed at "${at}", a launch from a template leaves nothing, and the template as it was`,
    LIMIT,
    async () => {
      await dieAt(world, 'launch', { name: 'doomed' }, at);
      await requireUntouched();
    },
  );
}

test('after all of that an instance of the same name goes on from the same memory', LIMIT, async () => {
  const compute = await world.compute();
  const { way, why } = await compute.templates.launch('whole', { name: 'doomed' });
  assert.deepEqual([way, why], ['memory', null]);
  await compute.delete('doomed');
});

for (const at of ['memory /memory', 'checksum end']) {
  test(
    `killed at "${at}", the making of a template leaves nothing, and its name is free`,
    LIMIT,
    async () => {
      await dieAt(world, 'create', { name: 'doomed', image: 'minimal', flavor: 'small' }, at);
      await requireUntouched();
    },
  );
}
