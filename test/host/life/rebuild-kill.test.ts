// Crash only: a rebuild that is killed before or after any of its steps leaves the old instance whole, or the new one.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runProgram } from '../../../src/hostlink/index.ts';
import { World } from '../support/world.ts';
import { DOOMED, dieDoing, launchDoomed, lookAgain } from './killed-doing.ts';

const world = await World.make();
after(() => world[Symbol.asyncDispose]());

let own: readonly string[] = [];
const bases: Record<string, string> = {};

before(async () => {
  await launchDoomed(world);
  own = (await lookAgain(world)).files;
  bases['minimal'] = await baseOfRoot();
  await (await world.compute()).rebuild(DOOMED, { image: 'other' });
  bases['other'] = await baseOfRoot();
  assert.notEqual(bases['other'], bases['minimal']);
});

/** What the next command finds, by where the rebuild died: it goes from one image to the other. */
const REBUILDS = {
  'base-image begin': 'old ACTIVE',
  'root-disk begin': 'old ACTIVE',
  'ephemeral-disk begin': 'old ACTIVE',
  'swap-disk begin': 'old ACTIVE',
  'config-drive begin': 'old ACTIVE',
  'kernel begin': 'old ACTIVE',
  'ramdisk begin': 'old ACTIVE',
  'power-off begin': 'old ACTIVE',
  'power-off end': 'old SHUTOFF',
  'replace-files begin': 'new ACTIVE',
  'define-domain begin': 'new ACTIVE',
  'define-domain end': 'new ACTIVE',
  'start-domain begin': 'new ACTIVE',
  'start-domain end': 'new ACTIVE',
};

for (const [at, expected] of Object.entries(REBUILDS)) {
  test(`killed at ${at}, a rebuild leaves the ${expected}`, async () => {
    const compute = await world.compute();
    const { instance: before } = await compute.show(DOOMED);
    if (before.vmState === 'stopped') await compute.start(DOOMED);
    const other = before.image.name === 'minimal' ? 'other' : 'minimal';
    await dieDoing(world, 'rebuild', at, other);
    const { status, instance, files, xml } = await lookAgain(world);
    const which = instance.image.name === other ? 'new' : 'old';
    assert.equal(`${which} ${status}`, expected);
    assert.deepEqual(files, own);
    assert.equal(await baseOfRoot(), bases[instance.image.name]);
    assert.equal(/<nova:root type=.image. uuid=.([0-9a-f-]{36})/.exec(xml)?.[1], instance.image.id);
  });
}

async function baseOfRoot(): Promise<string> {
  const { instance } = await lookAgain(world);
  const disk = join(world.stateDir, 'state', 'instances', instance.id, 'disk');
  const { stdout } = await runProgram('qemu-img', ['info', '-U', '--output=json', disk]);
  return String((JSON.parse(stdout) as Record<string, unknown>)['backing-filename']);
}
