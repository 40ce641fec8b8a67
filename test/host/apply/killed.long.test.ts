// The points of killed.test.ts that are too many for every day.
import { after, before, test } from 'node:test';
import { World } from '../support/world.ts';
import { killAndGoOn, untouched } from './killed-applying.ts';

const world = await World.make();
after(() => world[Symbol.asyncDispose]());
let nothing: Awaited<ReturnType<typeof untouched>>;

before(async () => {
  nothing = await untouched(world);
});

const POINTS: readonly (readonly [string, string])[] = [
  ['image:ramdisk', 'begin'],
  ['image:minimal', 'end'],
  ['flavor:small', 'end'],
  ['network:lab', 'begin'],
  ['port:door', 'begin'],
  ['port:door', 'end'],
  ['instance:web', 'begin'],
  ['root-disk:web', 'end'],
  ['start-domain:web', 'begin'],
  ['start-domain:web', 'end'],
  ['instance:second', 'begin'],
  ['instance:second', 'end'],
];

for (const [step, phase] of POINTS) {
  test(`killed at the ${phase} of ${step}, it goes on, and nothing of it stays when it is taken back`, async () => {
    await killAndGoOn(world, [step, phase], nothing);
  });
}
