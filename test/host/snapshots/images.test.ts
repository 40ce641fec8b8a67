// Images of instances: what the guest had written by that moment is in them, and nothing of it is touched.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Compute, CreateImageRequest } from '../../../src/compute/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import type { Image } from '../../../src/model/index.ts';
import { World } from '../support/world.ts';
import { bytesOnImage, DiskMarks } from './disk-marks.ts';

const world = await World.make();
after(() => world[Symbol.asyncDispose]());
let compute: Compute;
let directory = '';
let marks: DiskMarks;
const target = 'vda';

before(async () => {
  const image = await world.minimalImage();
  compute = await world.compute();
  const { id } = await compute.launch({ image, name: 'origin', flavor: 'm1.tiny' });
  await compute.waitFor('origin', { kind: 'agent' });
  marks = new DiskMarks(compute, 'origin');
  directory = join(world.stateDir, 'state', 'instances', id);
});

const pathOf = (image: Image) => join(world.stateDir, 'state', 'images', image.id);

/** What there is of the instance beside its record: its disks for libvirt, and its files. */
async function standing(): Promise<unknown> {
  const { stdout } = await runProgram('virsh', ['-c', 'qemu:///system', 'domblklist', await domainName()]);
  const job = await runProgram('virsh', ['-c', 'qemu:///system', 'domjobinfo', await domainName()]);
  return { disks: stdout, job: job.stdout.trim(), files: (await readdir(directory)).sort() };
}

async function domainName(): Promise<string> {
  return (await compute.show('origin')).instance.domainName;
}

test('an image of a running guest has what was written before and nothing of what came after', async () => {
  const untouched = await standing();
  await marks.write('before', 1);
  const steps: string[] = [];
  const request: CreateImageRequest = {
    name: 'running',
    quiesce: 'never',
    properties: { owner_note: 'mine' },
  };
  const { image, consistency, why } = await compute.createImage('origin', request, {
    onProgress: ({ step, phase }) => {
      if (phase !== 'progress') steps.push(`${step} ${phase}`);
    },
  });
  await marks.write('later', 1);
  assert.equal(await bytesOnImage(pathOf(image), 1), 'before');
  assert.equal(await marks.read(1), 'later');
  assert.equal(consistency, 'crash');
  assert.equal(why, null);
  assert.deepEqual(
    steps.filter((step) => step.endsWith('begin')),
    ['copy-begin begin', 'copy begin', 'store begin'],
  );
  assert.deepEqual(await standing(), untouched);
  const { instance } = await compute.show('origin');
  assert.equal(instance.taskState, null);
  assert.deepEqual(image.properties, {
    ...instance.image.properties,
    image_type: 'snapshot',
    instance_uuid: instance.id,
    base_image_ref: instance.image.id,
    novalet_consistency: 'crash',
    owner_note: 'mine',
  });
  assert.equal(image.diskFormat, 'qcow2');
  assert.equal(image.minDiskGiB, 1);
  assert.equal(image.sha256, null); // read when somebody asks
  const bytes = await readFile(pathOf(image));
  const digest = createHash('sha256').update(bytes).digest('hex');
  assert.equal((await compute.images.show('running')).sha256, digest);
  assert.equal((await compute.images.list()).find(({ name }) => name === 'running')?.sha256, digest);
  const { mode, uid } = await stat(pathOf(image));
  assert.deepEqual([mode & 0o777, uid], [0o444, process.getuid?.()]);
  const { stdout } = await runProgram('qemu-img', ['info', '--output=json', pathOf(image)]);
  assert.equal(JSON.parse(stdout)['backing-filename'], undefined);
});

test('where freezing is required and nothing can be frozen, nothing is made', async () => {
  const untouched = await standing();
  const count = (await compute.images.list()).length;
  await assert.rejects(compute.createImage('origin', { quiesce: 'require' }), { code: 'FREEZE_NOTHING' });
  assert.equal((await compute.images.list()).length, count);
  assert.deepEqual(await standing(), untouched);
});

test('where freezing is tried and cannot be had, the image is made and says why it is no better', async () => {
  const { image, consistency, why } = await compute.createImage('origin', { name: 'tried' });
  assert.equal(consistency, 'crash');
  assert.match(why ?? '', /found no filesystem to freeze/);
  assert.equal(image.properties['novalet_consistency'], 'crash');
});

test('a paused guest stays paused, and its disk is copied', async () => {
  await marks.write('paused', 2);
  await runProgram('virsh', ['-c', 'qemu:///system', 'suspend', await domainName()]);
  const { image, why } = await compute.createImage('origin', { name: 'paused' });
  assert.equal((await compute.show('origin')).powerState, 'PAUSED');
  await runProgram('virsh', ['-c', 'qemu:///system', 'resume', await domainName()]);
  assert.equal(why, 'it is paused');
  assert.equal(await bytesOnImage(pathOf(image), 2), 'paused');
});

test('a compressed image is smaller and holds the same', async () => {
  await marks.write('packed', 3);
  const { image } = await compute.createImage('origin', { name: 'packed', compress: true, quiesce: 'never' });
  const plain = await compute.createImage('origin', { name: 'unpacked', quiesce: 'never' });
  assert.ok(image.sizeBytes < plain.image.sizeBytes, `${image.sizeBytes} and ${plain.image.sizeBytes}`);
  assert.equal(await bytesOnImage(pathOf(image), 3), 'packed');
  assert.deepEqual(
    (await readdir(directory)).filter((name) => name.endsWith('.tmp')),
    [],
  );
});

test('an image that is cancelled in the middle leaves nothing, and the guest writes on', async () => {
  const untouched = await standing();
  const stop = new AbortController();
  const making = compute.createImage(
    'origin',
    { name: 'never', quiesce: 'never' },
    {
      signal: stop.signal,
      onProgress: ({ step, phase }) => {
        if (step === 'copy' && phase === 'begin') stop.abort();
      },
    },
  );
  await assert.rejects(making, { kind: 'cancelled' });
  assert.deepEqual(await standing(), untouched);
  await marks.write('goes on', 4);
  assert.equal(await marks.read(4), 'goes on');
});

test('the command line rotates images of one type, and leaves those of another alone', async () => {
  const make = async (type: string) =>
    await world.novalet([
      'image',
      'create',
      'origin',
      '--no-quiesce',
      '--rotate',
      '2',
      '--type',
      type,
      '--name',
      `${type}-${made++}`,
    ]);
  let made = 0;
  for (const type of ['daily', 'weekly', 'daily', 'daily']) {
    const result = await make(type);
    assert.equal(result.status, 0, result.stderr);
  }
  const listed = await world.novalet(['image', 'list', '-o', 'json']);
  const names = (JSON.parse(listed.stdout) as { name: string }[]).map(({ name }) => name);
  assert.deepEqual(names.filter((name) => /ly-/.test(name)).sort(), ['daily-2', 'daily-3', 'weekly-1']);
  const shown = await compute.images.show('daily-3');
  assert.equal(shown.properties['image_type'], 'backup');
  assert.equal(shown.properties['backup_type'], 'daily');
  await assert.rejects(compute.createImage('origin', { rotate: { type: 'daily', keep: 0 } }), {
    code: 'ROTATION_INVALID',
  });
});

test('an image of an instance that is off is its disk, and a guest launched from it finds what was written', async () => {
  await marks.write('found', 5);
  await compute.stop('origin', { force: true });
  const { image, consistency } = await compute.createImage('origin', { name: 'off' });
  assert.equal(consistency, 'off');
  await runProgram('qemu-img', ['compare', '-U', join(directory, 'disk'), pathOf(image)]);
  assert.deepEqual(
    (await readdir(directory)).filter((name) => name.endsWith('.tmp')),
    [],
  );
  await compute.delete('origin');
  await compute.launch({ image: 'off', name: 'copy', flavor: 'm1.tiny' });
  await compute.waitFor('copy', { kind: 'agent' });
  assert.equal(await new DiskMarks(compute, 'copy').read(5), 'found');
  assert.equal((await compute.show('copy')).instance.disks[0]?.target, target);
});
