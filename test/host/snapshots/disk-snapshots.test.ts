// Disk snapshots on a real guest with two disks: what was written before comes back, and what came after is gone.
import assert from 'node:assert/strict';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Compute } from '../../../src/compute/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { World } from '../support/world.ts';
import { bytesOnImage, DiskMarks } from './disk-marks.ts';

const world = await World.make();
after(() => world[Symbol.asyncDispose]());
let compute: Compute;
let directory = '';
let untouched: unknown;
let root: DiskMarks;
let more: DiskMarks;

before(async () => {
  const image = await world.minimalImage();
  compute = await world.compute();
  const flavor = { vcpus: 1, memoryMiB: 256, rootGiB: 1, ephemeralGiB: 1, swapMiB: 0, extraSpecs: {} };
  await compute.flavors.create({ name: 'two-disks', ...flavor });
  const { id } = await compute.launch({ image, name: 'origin', flavor: 'two-disks' });
  await compute.waitFor('origin', { kind: 'agent' });
  directory = join(world.stateDir, 'state', 'instances', id);
  root = new DiskMarks(compute, 'origin');
  more = new DiskMarks(compute, 'origin', '/dev/vdb');
  untouched = await standing();
});

/** What libvirt and the instance's directory have; the marks in the disks. */
async function standing(): Promise<unknown> {
  const { domainName } = (await compute.show('origin')).instance;
  const { stdout } = await runProgram('virsh', ['-c', 'qemu:///system', 'domblklist', domainName]);
  const marks = await Promise.all(['disk', 'disk.local'].map(async (name) => await marksIn(name)));
  return { disks: stdout, marks, files: (await readdir(directory)).sort() };
}

async function marksIn(name: string): Promise<number> {
  const { stdout } = await runProgram('qemu-img', ['info', '-U', '--output=json', join(directory, name)]);
  return (JSON.parse(stdout).snapshots ?? []).length;
}

async function write(word: string): Promise<void> {
  await root.write(word, 1);
  await more.write(word, 2);
}

async function read(): Promise<readonly string[]> {
  return [await root.read(1), await more.read(2)];
}

test('a snapshot of a running guest is made of all its disks, and restoring it brings what they held back', async () => {
  await write('before');
  const { snapshot } = await compute.snapshots.create('origin', { name: 'first', quiesce: 'never' });
  assert.deepEqual(snapshot.fileNames, ['disk', 'disk.local']);
  assert.equal(snapshot.consistency, 'crash');
  assert.deepEqual([await marksIn('disk'), await marksIn('disk.local')], [1, 1]);
  await write('after');
  assert.deepEqual(await read(), ['after', 'after']);
  await compute.snapshots.restore('origin', 'first');
  await compute.waitFor('origin', { kind: 'agent' });
  assert.deepEqual(await read(), ['before', 'before']);
  const { instance } = await compute.show('origin');
  assert.deepEqual([instance.vmState, instance.taskState, instance.fault], ['active', null, null]);
});

test('a paused guest stays paused, and snapshots are independent of each other', async () => {
  await write('second');
  const { domainName } = (await compute.show('origin')).instance;
  await runProgram('virsh', ['-c', 'qemu:///system', 'suspend', domainName]);
  await compute.snapshots.create('origin', { name: 'second' });
  assert.equal((await compute.show('origin')).powerState, 'PAUSED');
  await runProgram('virsh', ['-c', 'qemu:///system', 'resume', domainName]);
  await write('third');
  await compute.snapshots.restore('origin', 'first');
  await compute.waitFor('origin', { kind: 'agent' });
  assert.deepEqual(await read(), ['before', 'before']);
  await compute.snapshots.restore('origin', 'second');
  await compute.waitFor('origin', { kind: 'agent' });
  assert.deepEqual(await read(), ['second', 'second']);
});

test('an image of a guest with snapshots has the disk as it is, and none of them', async () => {
  await write('imaged');
  const { image } = await compute.createImage('origin', { name: 'imaged', quiesce: 'never' });
  const path = join(world.stateDir, 'state', 'images', image.id);
  assert.equal(await bytesOnImage(path, 1), 'imaged');
  const { stdout } = await runProgram('qemu-img', ['info', '--output=json', path]);
  assert.equal(JSON.parse(stdout).snapshots, undefined);
});

test('names are taken once, and what is not there is not found', async () => {
  await assert.rejects(compute.snapshots.create('origin', { name: 'first' }), { code: 'SNAPSHOT_EXISTS' });
  await assert.rejects(compute.snapshots.create('origin', { name: '../x' }), {
    code: 'SNAPSHOT_NAME_INVALID',
  });
  await assert.rejects(compute.snapshots.restore('origin', 'none'), { code: 'SNAPSHOT_NOT_FOUND' });
  await assert.rejects(compute.snapshots.remove('origin', 'none'), { code: 'SNAPSHOT_NOT_FOUND' });
  await assert.rejects(compute.snapshots.create('origin', { name: 'whole', quiesce: 'require' }), {
    code: 'FREEZE_NOTHING',
  });
  const names = (await compute.snapshots.list('origin')).map(({ name }) => name);
  assert.deepEqual(names, ['first', 'second']);
});

test('snapshots are removed while the guest runs, the disks keep what they hold, and nothing is left', async () => {
  await write('kept');
  const removed = await world.novalet(['snapshot', 'remove', 'origin', 'first', 'second']);
  assert.equal(removed.status, 0, removed.stderr);
  assert.deepEqual(await read(), ['kept', 'kept']);
  assert.deepEqual(await standing(), untouched);
  assert.deepEqual(await compute.snapshots.list('origin'), []);
});

test('of an instance that is off, snapshots are made, restored and removed by the command line, and it stays off', async () => {
  await write('off');
  await compute.stop('origin', { force: true });
  const made = await world.novalet(['snapshot', 'create', 'origin', 'cold', '-o', 'json']);
  assert.equal(made.status, 0, made.stderr);
  assert.equal(JSON.parse(made.stdout).consistency, 'off');
  await compute.start('origin');
  await compute.waitFor('origin', { kind: 'agent' });
  await write('gone');
  await compute.stop('origin', { force: true });
  const restored = await world.novalet(['snapshot', 'restore', 'origin', 'cold']);
  assert.equal(restored.status, 0, restored.stderr);
  assert.equal((await compute.show('origin')).status, 'SHUTOFF');
  assert.equal(await bytesOnImage(join(directory, 'disk'), 1), 'off');
  assert.equal(await bytesOnImage(join(directory, 'disk.local'), 2), 'off');
  const listed = await world.novalet(['snapshot', 'list', 'origin', '-o', 'json']);
  assert.deepEqual(JSON.parse(listed.stdout)[0].unfinished, null);
  await compute.snapshots.remove('origin', 'cold');
  assert.equal(await marksIn('disk'), 0);
});

test('a disk that has grown since goes back to what it held, and stays as large as it is recorded', async () => {
  await compute.snapshots.create('origin', { name: 'small' });
  const path = join(directory, 'disk');
  const sizeBytes = await virtualSize(path);
  await runProgram('qemu-img', ['resize', '-q', '-f', 'qcow2', path, '+64M']);
  await compute.snapshots.restore('origin', 'small');
  assert.equal(await virtualSize(path), sizeBytes);
});

test('what the firmware of a guest remembers comes back with its disks', async () => {
  await compute.images.set('minimal', { properties: { hw_firmware_type: 'uefi' } });
  const { domainName } = await compute.launch({ image: 'minimal', name: 'efi', flavor: 'two-disks' });
  await compute.stop('efi', { force: true });
  const { stdout } = await runProgram('virsh', ['-c', 'qemu:///system', 'dumpxml', '--inactive', domainName]);
  const variables = /<nvram[^>]*>([^<]+)</.exec(stdout)?.[1] ?? '';
  const before = await readFile(variables);
  const { snapshot } = await compute.snapshots.create('efi', { name: 'first' });
  assert.equal(snapshot.hasFirmware, true);
  await writeFile(variables, Buffer.alloc(before.length, 7));
  await compute.snapshots.restore('efi', 'first');
  assert.ok(before.equals(await readFile(variables)));
  await compute.snapshots.remove('efi', 'first');
  const files = await readdir(join(world.stateDir, 'state', 'instances', snapshot.instanceId));
  assert.deepEqual(
    files.filter((name) => name.startsWith('firmware')),
    [],
  );
  await compute.delete('efi');
});

test('an instance with snapshots is deleted with all of them', async () => {
  await compute.delete('origin');
  await assert.rejects(stat(directory), { code: 'ENOENT' });
  assert.deepEqual((await world.snapshot())['domains'], []);
});

async function virtualSize(path: string): Promise<number> {
  const { stdout } = await runProgram('qemu-img', ['info', '--output=json', path]);
  return JSON.parse(stdout)['virtual-size'];
}
