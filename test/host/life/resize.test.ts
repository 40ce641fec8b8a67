// Another flavor for a real guest: what it wrote before is there afterwards, and what it wrote since is gone when the
// resize is taken back. Disks are looked at with qemu-img after each step.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { GIB, isFault, MIB } from '../../../src/base/index.ts';
import type { Compute } from '../../../src/compute/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import type { Flavor } from '../../../src/model/index.ts';
import { World } from '../support/world.ts';

const world = await World.make();
after(() => world[Symbol.asyncDispose]());

const BLOCK = 1024 * 1024;
const NAME = 'grown';
let compute: Compute;
let directory: string;

const small: Flavor = {
  name: 'small',
  vcpus: 1,
  memoryMiB: 256,
  rootGiB: 0,
  ephemeralGiB: 1,
  swapMiB: 64,
  extraSpecs: {},
};
const large: Flavor = {
  ...small,
  name: 'large',
  vcpus: 2,
  memoryMiB: 320,
  rootGiB: 1,
  ephemeralGiB: 2,
  swapMiB: 32,
};

before(async () => {
  await world.minimalImage();
  compute = await world.compute();
  for (const flavor of [small, large, { ...small, name: 'no-ephemeral', ephemeralGiB: 0 }])
    await compute.flavors.create(flavor);
  await compute.flavors.create({ ...small, name: 'tiny', memoryMiB: 99_999_999 });
  const { id } = await compute.launch({ image: 'minimal', name: NAME, flavor: 'small' });
  directory = join(world.stateDir, 'state', 'instances', id);
  await compute.waitFor(NAME, { kind: 'agent' });
});

/** Writes a line into the `index`th mebibyte of a disk, and waits until it is on it. */
async function write(device: string, index: number, line: string): Promise<void> {
  const script = `printf %s "$1" | dd of=/dev/${device} bs=${BLOCK} seek=${index} conv=notrunc 2>/dev/null && sync`;
  const { exitCode, stderr } = await compute.exec(NAME, { argv: ['sh', '-c', script, 'sh', line] });
  assert.equal(exitCode, 0, stderr.toString());
}

async function read(device: string, index: number): Promise<string> {
  const script = `dd if=/dev/${device} bs=${BLOCK} skip=${index} count=1 2>/dev/null | head -c 32 | tr -d '\\0'`;
  return (await compute.exec(NAME, { argv: ['sh', '-c', script] })).stdout.toString();
}

async function shape(): Promise<{ readonly cpus: number; readonly sectors: readonly number[] }> {
  const script = 'grep -c ^processor /proc/cpuinfo; cat /sys/block/vd?/size';
  const { stdout } = await compute.exec(NAME, { argv: ['sh', '-c', script] });
  const [cpus = 0, ...sectors] = stdout.toString().trim().split('\n').map(Number);
  return { cpus, sectors };
}

/** qemu-img finds nothing wrong with any disk. Gives what each lies over, without the folder. */
async function checkDisks(): Promise<Record<string, string | null>> {
  const found: Record<string, string | null> = {};
  for (const name of (await readdir(directory)).filter((each) => /^disk(\.local|\.swap)?$/.test(each))) {
    const path = join(directory, name);
    await runProgram('qemu-img', ['check', '-q', '-U', '-f', 'qcow2', path]);
    const { stdout } = await runProgram('qemu-img', ['info', '-U', '--output=json', path]);
    const info = JSON.parse(stdout) as { 'backing-filename'?: string };
    const backing = info['backing-filename'] ?? null;
    found[name] = backing === null ? null : backing.includes('before-resize') ? 'kept' : 'base';
  }
  return found;
}

async function state(): Promise<string> {
  const { instance, status } = await compute.show(NAME);
  return `${status} ${instance.flavor.name}`;
}

test('what cannot be is refused while the guest runs on', async () => {
  const uptime = await compute.exec(NAME, { argv: ['cat', '/proc/uptime'] });
  for (const [flavor, code] of [
    ['small', 'RESIZE_SAME_FLAVOR'],
    ['no-ephemeral', 'RESIZE_SHRINKS'],
    ['tiny', 'HOST_MEMORY_TOO_SMALL'],
    ['nowhere', 'FLAVOR_NOT_FOUND'],
  ] as const) {
    await assert.rejects(compute.resize(NAME, { flavor }), (error) => isFault(error, code), code);
  }
  await assert.rejects(compute.confirmResize(NAME), (error) => isFault(error, 'INSTANCE_STATE_CONFLICT'));
  await assert.rejects(compute.revertResize(NAME), (error) => isFault(error, 'INSTANCE_STATE_CONFLICT'));
  const later = await compute.exec(NAME, { argv: ['cat', '/proc/uptime'] });
  assert.ok(Number.parseFloat(later.stdout.toString()) >= Number.parseFloat(uptime.stdout.toString()));
  assert.equal(await state(), 'ACTIVE small');
  assert.deepEqual(await checkDisks(), { disk: 'base', 'disk.local': 'base', 'disk.swap': 'base' });
  assert.equal(existsSync(join(directory, 'before-resize')), false);
});

test('a resized guest has the new size, and all that it wrote before', async () => {
  await write('vda', 3, 'root before');
  await write('vdb', 3, 'ephemeral before');
  await compute.resize(NAME, { flavor: 'large' });
  assert.equal(await state(), 'VERIFY_RESIZE large');
  await compute.waitFor(NAME, { kind: 'agent' });
  assert.deepEqual(await shape(), { cpus: 2, sectors: [GIB / 512, (2 * GIB) / 512, (32 * MIB) / 512] });
  assert.equal(await read('vda', 3), 'root before');
  assert.equal(await read('vdb', 3), 'ephemeral before');
  assert.deepEqual(await checkDisks(), { disk: 'kept', 'disk.local': 'kept', 'disk.swap': 'base' });
});

test('a resize that is taken back brings the old disks back exactly, and the guest runs on them', async () => {
  await write('vda', 3, 'root since!');
  await write('vdb', 3, 'ephemeral since!');
  await compute.revertResize(NAME);
  assert.equal(await state(), 'ACTIVE small');
  await compute.waitFor(NAME, { kind: 'agent' });
  const { cpus, sectors } = await shape();
  assert.deepEqual([cpus, sectors[1]], [1, GIB / 512]);
  assert.equal(await read('vda', 3), 'root before');
  assert.equal(await read('vdb', 3), 'ephemeral before');
  assert.deepEqual(await checkDisks(), { disk: 'base', 'disk.local': 'base', 'disk.swap': 'base' });
  assert.equal(existsSync(join(directory, 'before-resize')), false);
});

test('a resize is confirmed under the running guest, which loses nothing; then there is no way back', async () => {
  await compute.resize(NAME, { flavor: 'large' });
  await compute.waitFor(NAME, { kind: 'agent' });
  await write('vda', 600, 'beyond the old end');
  const fractions: number[] = [];
  await compute.confirmResize(NAME, { onProgress: ({ done }) => done !== undefined && fractions.push(done) });
  assert.equal(await state(), 'ACTIVE large');
  assert.deepEqual([await read('vda', 3), await read('vdb', 3)], ['root before', 'ephemeral before']);
  assert.equal(await read('vda', 600), 'beyond the old end');
  assert.deepEqual(await checkDisks(), { disk: 'base', 'disk.local': 'base', 'disk.swap': 'base' });
  assert.equal(existsSync(join(directory, 'before-resize')), false);
  await assert.rejects(compute.revertResize(NAME), (error) => isFault(error, 'INSTANCE_STATE_CONFLICT'));
  assert.ok(fractions.every((each) => each >= 0 && each <= 100));
});

test('a resize that fails when it starts is taken back whole, and the guest runs as before', async () => {
  await compute.flavors.create({ ...large, name: 'broken', vcpus: 4, swapMiB: 48 });
  const failing = compute.resize(
    NAME,
    { flavor: 'broken' },
    {
      force: true,
      onProgress: ({ step, phase }) => {
        if (step === 'start-domain' && phase === 'begin') throw new Error('the plug');
      },
    },
  );
  await assert.rejects(failing, /the plug/);
  assert.equal(await state(), 'ACTIVE large');
  assert.deepEqual(await checkDisks(), { disk: 'base', 'disk.local': 'base', 'disk.swap': 'base' });
  await compute.waitFor(NAME, { kind: 'agent' });
  assert.equal(await read('vda', 3), 'root before');
  assert.equal((await shape()).cpus, 2);
});

test('the command line resizes and confirms a stopped instance, and says what it did', async () => {
  await compute.stop(NAME, { force: true });
  await compute.flavors.create({ ...large, name: 'larger', rootGiB: 2, ephemeralGiB: 3 });
  await compute.snapshots.create(NAME, { name: 'mark' });
  await assert.rejects(compute.resize(NAME, { flavor: 'larger' }), (error) =>
    isFault(error, 'RESIZE_HAS_SNAPSHOTS'),
  );
  await compute.snapshots.remove(NAME, 'mark');
  const resized = await world.novalet(['resize', NAME, 'larger']);
  assert.deepEqual([resized.status, await state()], [0, 'VERIFY_RESIZE larger'], resized.stderr);
  const shown = await world.novalet(['show', NAME, '-o', 'json']);
  assert.equal((JSON.parse(shown.stdout) as { resize: { flavor: string } }).resize.flavor, 'large');
  const confirmed = await world.novalet(['resize', NAME, '--confirm']);
  assert.deepEqual([confirmed.status, await state()], [0, 'SHUTOFF larger'], confirmed.stderr);
  assert.deepEqual(await checkDisks(), { disk: 'base', 'disk.local': 'base', 'disk.swap': 'base' });
  const data = await runProgram('qemu-io', [
    '-r',
    '-f',
    'qcow2',
    '-c',
    `read -v ${3 * BLOCK} 512`,
    join(directory, 'disk'),
  ]);
  assert.match(data.stdout, /root.before/);
  assert.equal((await world.novalet(['resize', NAME])).status, 2);
  assert.equal((await world.novalet(['resize', NAME, 'large', '--confirm'])).status, 2);
});
