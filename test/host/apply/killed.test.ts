// Crash only: an apply that is killed before or after any of its steps is brought to its end by the same file once more.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { World } from '../support/world.ts';
import { die, goOn, killAndGoOn, TWO, untouched } from './killed-applying.ts';

const world = await World.make();
after(() => world[Symbol.asyncDispose]());
let nothing: Awaited<ReturnType<typeof untouched>>;

before(async () => {
  nothing = await untouched(world);
});

const POINTS: readonly (readonly [string, string])[] = [
  ['network:lab', 'end'],
  ['define-domain:web', 'begin'],
  ['instance:web', 'end'],
];

for (const [step, phase] of POINTS) {
  test(`killed at the ${phase} of ${step}, it goes on, and nothing of it stays when it is taken back`, async () => {
    await killAndGoOn(world, [step, phase], nothing);
  });
}

test('killed in a resize, and between it and its confirmation, it goes on from there', async () => {
  const compute = await goOn(world, TWO);
  for (const name of ['web', 'second']) await compute.stop(name, { force: true });
  await world.closeCompute();
  const larger = { ...TWO, memory: '256' };
  await die(world, larger, ['define-domain', 'end']);
  await die(world, larger, ['merge-disks', 'begin']);
  const again = await goOn(world, larger, 'SHUTOFF');
  const sizes = (await again.list()).map(({ instance }) => instance.flavor.memoryMiB);
  assert.deepEqual(sizes, [256, 256]);
});
