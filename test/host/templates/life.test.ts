// What is done with any other instance is done with one that went on from a template's memory, while it still runs from there,
// and later. It lets go of its template when no disk of its own lies over it any more.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import type { Compute } from '../../../src/compute/index.ts';
import { World } from '../support/world.ts';
import { makeWhole } from './killed-template.ts';

const LIMIT = { timeout: 240_000 };
const AGENT_MS = 120_000;
const world = await World.make();
after(() => world[Symbol.asyncDispose]());
let compute: Compute;

before(async () => {
  await makeWhole(world);
  compute = await world.compute();
  await compute.flavors.create({
    ...{ name: 'larger', vcpus: 1, memoryMiB: 300, rootGiB: 1, ephemeralGiB: 0, swapMiB: 0 },
    extraSpecs: {},
  });
}, LIMIT);

async function run(name: string, script: string): Promise<string> {
  await compute.waitFor(name, { kind: 'agent' }, { timeoutMs: AGENT_MS });
  const { exitCode, stdout, stderr } = await compute.exec(name, { argv: ['sh', '-c', script], via: 'agent' });
  assert.equal(exitCode, 0, stderr.toString());
  return stdout.toString().trim();
}

/** On its root disk, which is as blank as the image's. */
async function write(name: string, word: string): Promise<void> {
  await run(name, `printf '%-16s' ${word} | dd of=/dev/vda bs=16 seek=4096 conv=notrunc,fsync 2>/dev/null`);
}

async function read(name: string): Promise<string> {
  return await run(name, 'dd if=/dev/vda bs=16 skip=4096 count=1 2>/dev/null');
}

async function users(): Promise<readonly string[]> {
  return (await compute.templates.show('whole')).users;
}

async function launch(name: string): Promise<void> {
  const { way, why } = await compute.templates.launch('whole', { name });
  assert.deepEqual([way, why], ['memory', null]);
}

test(
  'while it runs from the memory: an image, a backup, an export and a clone are made of it',
  LIMIT,
  async () => {
    await launch('live');
    await write('live', 'first');
    await compute.createImage('live', { name: 'of-live', quiesce: 'never' });
    const place = { directory: join(world.stateDir, 'backups') };
    const { id } = await compute.backups.create('live', { ...place });
    await compute.exportInstance('live', { to: join(world.stateDir, 'live.tar') });
    await compute.clone('live', { name: 'copy' });
    await write('live', 'second');
    assert.equal(await read('copy'), 'first');
    assert.deepEqual(await users(), ['live']);
    const { instance: copy } = await compute.show('copy');
    assert.deepEqual([copy.templateId, copy.generationId], [undefined, undefined]);
    await compute.delete('copy');
    await compute.launch({ image: 'of-live', name: 'imaged', flavor: 'small', network: 'none' });
    assert.equal(await read('imaged'), 'first');
    await compute.delete('imaged');
    await compute.stop('live', { force: true });
    await compute.backups.restore('live', id, place);
    await compute.start('live');
    assert.equal(await read('live'), 'first');
  },
);

test(
  'it is snapshotted, suspended, resized and taken back, and reads its own disk all the while',
  LIMIT,
  async () => {
    await launch('changed');
    await write('changed', 'before');
    await compute.snapshots.create('changed', { name: 'early', quiesce: 'never' });
    await write('changed', 'after');
    await compute.suspend('changed');
    await compute.resume('changed');
    assert.equal(await read('changed'), 'after');
    await compute.stop('changed', { force: true });
    await compute.snapshots.restore('changed', 'early');
    await compute.snapshots.remove('changed', 'early');
    await compute.resize('changed', { flavor: 'larger' });
    await compute.confirmResize('changed');
    await compute.start('changed');
    assert.equal(await read('changed'), 'before');
    assert.deepEqual((await users()).toSorted(), ['changed', 'live']);
  },
);

test('rebuilt, or shelved and offloaded, it has let go of the template, and goes on', LIMIT, async () => {
  await compute.rebuild('live', {});
  assert.deepEqual(await users(), ['changed']);
  assert.notEqual(await read('live'), 'first');
  await compute.shelve('changed', { offload: true, force: true });
  assert.deepEqual(await users(), []);
  await compute.templates.remove('whole');
  await compute.unshelve('changed');
  assert.equal(await read('changed'), 'before');
  await assert.rejects(compute.templates.launch('whole'), (error) => isFault(error, 'TEMPLATE_NOT_FOUND'));
});
