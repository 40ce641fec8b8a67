// Crash only: a rescue, or its end, that is killed before or after any of its steps leaves an instance that is rescued whole or
// not at all.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { World } from '../support/world.ts';
import { DOOMED, dieDoing, launchDoomed, lookAgain } from './killed-doing.ts';

const world = await World.make();
after(() => world[Symbol.asyncDispose]());

let own: readonly string[] = [];
before(async () => {
  await launchDoomed(world);
  own = (await lookAgain(world)).files;
});

/** What is killed where, and what the next command finds; in an order in which little is to be done in between. */
const DEATHS: readonly (readonly ['rescue' | 'unrescue', string, string])[] = [
  ['rescue', 'base-image begin', 'ACTIVE'],
  ['rescue', 'root-disk begin', 'ACTIVE'],
  ['rescue', 'config-drive begin', 'ACTIVE'],
  ['rescue', 'kernel begin', 'ACTIVE'],
  ['rescue', 'ramdisk begin', 'ACTIVE'],
  ['rescue', 'power-off begin', 'ACTIVE'],
  ['rescue', 'power-off end', 'SHUTOFF'],
  ['rescue', 'define-domain begin', 'RESCUE'],
  ['unrescue', 'power-off begin', 'RESCUE'],
  ['unrescue', 'power-off end', 'RESCUE'],
  ['unrescue', 'define-domain begin', 'ACTIVE'],
  ['rescue', 'start-domain begin', 'RESCUE'],
  ['unrescue', 'remove-rescue begin', 'ACTIVE'],
  ['rescue', 'start-domain end', 'RESCUE'],
  ['unrescue', 'start-domain begin', 'ACTIVE'],
  ['unrescue', 'start-domain end', 'ACTIVE'],
];

for (const [what, at, expected] of DEATHS) {
  test(`killed at ${at}, ${what} leaves the instance ${expected}`, async () => {
    await be(what === 'rescue' ? 'ACTIVE' : 'RESCUE');
    await dieDoing(world, what, at);
    await agreesWith(expected);
  });
}

/** Where the death before left it otherwise. */
async function be(wanted: 'ACTIVE' | 'RESCUE'): Promise<void> {
  const compute = await world.compute();
  const { status } = await compute.show(DOOMED);
  if (status === wanted) return;
  if (wanted === 'RESCUE') await compute.rescue(DOOMED);
  else if (status === 'SHUTOFF') await compute.start(DOOMED);
  else await compute.unrescue(DOOMED, { force: true });
}

/** Record, files and domain say the same. */
async function agreesWith(expected: string): Promise<void> {
  const { status, instance, files, xml } = await lookAgain(world);
  assert.equal(status, expected);
  const isRescued = expected === 'RESCUE';
  assert.equal(instance.rescue !== null, isRescued);
  const added = ['disk.config.rescue', 'disk.rescue', 'kernel.rescue', 'ramdisk.rescue'];
  assert.deepEqual(files, isRescued ? [...own, ...added].sort() : own);
  assert.equal(xml.includes('disk.rescue'), isRescued);
}
