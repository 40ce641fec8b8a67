// A rebuild: a new disk from an image, and all that the instance is known by stays.
import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isFault, Secret } from '../../../src/base/index.ts';
import type { Instance } from '../../../src/model/index.ts';
import { World } from '../support/world.ts';

const world = await World.make();
after(() => world[Symbol.asyncDispose]());

const compute = await world.compute();
let launched: Instance;
let directory = '';
let own: readonly string[] = [];

before(async () => {
  await world.minimalImage();
  const { properties } = await compute.images.show('minimal');
  const blank = join(world.stateDir, 'blank.raw');
  await writeFile(blank, Buffer.alloc(1 << 20, 'other'));
  const add = (name: string, more: Record<string, string>, minDiskGiB = 0) =>
    compute.images.add({
      source: blank,
      name,
      diskFormat: 'raw',
      minDiskGiB,
      properties: { ...properties, ...more },
    });
  await add('other', { hw_vif_model: 'e1000' });
  await add('large', {}, 50);
  await add('foreign', { hw_architecture: 'aarch64' });
  await add('i440fx', { hw_machine_type: 'pc' });
  const junk = await compute.images.add({ source: blank, name: 'junk-kernel', diskFormat: 'aki' });
  await add('broken', { kernel_id: junk.id });
  await add('passing', {});
  const shape = { vcpus: 1, memoryMiB: 256, rootGiB: 1, ephemeralGiB: 1, swapMiB: 64, extraSpecs: {} };
  await compute.flavors.create({ name: 'full', ...shape });
  launched = await compute.launch({
    image: 'minimal',
    name: 'phoenix',
    flavor: 'full',
    metadata: { role: 'bird' },
    userData: Buffer.from('#!/bin/sh\necho first-words\n'),
  });
  directory = join(world.stateDir, 'state', 'instances', launched.id);
  await compute.waitFor('phoenix', { kind: 'agent' });
  own = await files();
  await write('/dev/vda', 'old root');
  await write('/dev/vdb', 'old ephemeral');
});

test('an image that does not fit is refused by name, and the guest runs on with its data', async () => {
  const refusals = {
    large: 'FLAVOR_DISK_TOO_SMALL',
    foreign: 'IMAGE_ARCH_CONFLICT',
    i440fx: 'REBUILD_MACHINE_CONFLICT',
    'minimal-kernel': 'IMAGE_NOT_A_DISK',
    nothing: 'IMAGE_NOT_FOUND',
  };
  for (const [image, code] of Object.entries(refusals))
    await assert.rejects(compute.rebuild('phoenix', { image }), (error) => isFault(error, code), image);
  assert.equal((await compute.show('phoenix')).status, 'ACTIVE');
  assert.equal(await read('/dev/vda'), 'old root');
  assert.deepEqual(await files(), own);
});

test('rebuilt on another image, it has a new root disk and kept its ephemeral one, its name and its port', async () => {
  const { status, stderr } = await world.novalet([
    'rebuild',
    'phoenix',
    '--image',
    'other',
    '--preserve-ephemeral',
  ]);
  assert.equal(status, 0, stderr);
  const { instance } = await compute.show('phoenix');
  assert.deepEqual(instance.ports, launched.ports);
  assert.deepEqual(instance.hardware, { ...launched.hardware, vifModel: 'e1000' });
  const { id, name, number, metadata, vmState, image } = instance;
  assert.deepEqual(
    { id, name, number, metadata, vmState, image: image.name },
    {
      id: launched.id,
      name: 'phoenix',
      number: launched.number,
      metadata: { role: 'bird' },
      vmState: 'active',
      image: 'other',
    },
  );
  assert.deepEqual(await files(), own);
  await compute.waitFor('phoenix', { kind: 'agent' });
  assert.ok((await read('/dev/vda')).startsWith('other'));
  assert.equal(await read('/dev/vdb'), 'old ephemeral');
});

test('what it was given stays unless it is given anew, and a password goes with the old disk', async () => {
  assert.ok((await drive()).includes('first-words'));
  const adminPassword = new Secret('open sesame');
  await compute.rebuild('phoenix', {
    userData: Buffer.from('#!/bin/sh\necho second-words\n'),
    adminPassword,
  });
  const documents = await drive();
  assert.ok(documents.includes('second-words') && !documents.includes('first-words'));
  assert.ok(/chpasswd.{0,200}\$6\$/s.test(documents), 'no hash of the password');
  await compute.waitFor('phoenix', { kind: 'agent' });
  assert.notEqual(await read('/dev/vdb'), 'old ephemeral');
  await compute.rebuild('phoenix');
  assert.ok(!/chpasswd/.test(await drive()));
});

test('one that is off stays off, and the base of an image that is gone goes with its last disk', async () => {
  await compute.stop('phoenix', { force: true });
  const bases = async () => (await readdir(join(world.stateDir, 'state', 'instances', '_base'))).length;
  const before = await bases();
  await compute.rebuild('phoenix', { image: 'passing' });
  await compute.images.remove('passing');
  assert.equal(await bases(), before + 1);
  const { vmState } = await compute.rebuild('phoenix', { image: 'other' });
  assert.equal(vmState, 'stopped');
  assert.equal(await bases(), before);
});

test('one that cannot be started is in error with the reason, and may be rebuilt again', async () => {
  await compute.start('phoenix');
  await assert.rejects(compute.rebuild('phoenix', { image: 'broken' }), (error) => isFault(error));
  const { instance } = await compute.show('phoenix');
  assert.equal(instance.vmState, 'error');
  assert.match(instance.fault?.message ?? '', /may be begun again/);
  const { vmState, fault } = await compute.rebuild('phoenix', { image: 'minimal' });
  assert.deepEqual([vmState, fault], ['active', null]);
  assert.deepEqual(await files(), own);
  await compute.waitFor('phoenix', { kind: 'agent' });
  assert.notEqual(await read('/dev/vda'), 'old root');
});

async function files(): Promise<readonly string[]> {
  return (await readdir(directory)).sort();
}

async function drive(): Promise<string> {
  return (await readFile(join(directory, 'disk.config'))).toString('latin1');
}

/** At the beginning of the disk itself: the guest has no filesystem on it. */
async function write(disk: string, text: string): Promise<void> {
  const script = `printf '%-512s' '${text}' | dd of=${disk} bs=512 conv=notrunc,fsync`;
  const { exitCode, stderr } = await compute.exec('phoenix', { argv: ['sh', '-c', script] });
  assert.equal(exitCode, 0, stderr.toString());
}

async function read(disk: string): Promise<string> {
  const script = `dd if=${disk} bs=512 count=1 2>/dev/null`;
  const { stdout } = await compute.exec('phoenix', { argv: ['sh', '-c', script] });
  return stdout.toString('latin1').trimEnd();
}
