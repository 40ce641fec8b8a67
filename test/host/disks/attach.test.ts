// Disks that come and go while the guest runs, while it is paused and while it is off; what was written is there again.
import assert from 'node:assert/strict';
import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { MIB } from '../../../src/base/index.ts';
import type { Compute, DiskView } from '../../../src/compute/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { World } from '../support/world.ts';

const world = await World.make();
after(() => world[Symbol.asyncDispose]());

const NAME = 'disky';
let compute: Compute;
let directory: string;

before(async () => {
  await world.minimalImage();
  compute = await world.compute();
  const { id } = await compute.launch({ image: 'minimal', name: NAME });
  directory = join(world.stateDir, 'state', 'instances', id);
  await compute.waitFor(NAME, { kind: 'agent' }, { timeoutMs: 240_000 });
});

async function sh(script: string): Promise<string> {
  const { stdout, stderr, exitCode } = await compute.exec(NAME, { argv: ['/bin/sh', '-c', script] });
  assert.equal(exitCode, 0, `${script}: ${stderr.toString()}`);
  return stdout.toString('utf8').trim();
}

/** The guest's name for a disk, by its serial; virtio tells the first 20 characters. Waits until it is there. */
async function deviceOf(id: string | null): Promise<string> {
  const serial = id?.slice(0, 20) ?? assert.fail('it has no id');
  const look = `grep -l ${serial} /sys/block/vd*/serial 2>/dev/null`;
  return (await sh(`until ${look}; do sleep 0.1; done | tail -n 1`)).split('/')[3] ?? '';
}

async function write(device: string, text: string): Promise<void> {
  await sh(`printf %-512s '${text}' | dd of=/dev/${device} conv=fsync 2>/dev/null`);
}

async function read(device: string): Promise<string> {
  return await sh(`dd if=/dev/${device} bs=512 count=1 2>/dev/null`);
}

async function listed(): Promise<readonly DiskView[]> {
  return await compute.disks.list(NAME);
}

async function definition(): Promise<string> {
  const { stdout } = await runProgram('virsh', [
    '-c',
    'qemu:///system',
    'dumpxml',
    '--inactive',
    await domainName(),
  ]);
  return stdout;
}

async function domainName(): Promise<string> {
  return (await compute.show(NAME)).instance.domainName;
}

test('data on an attached disk are found after it was detached and attached again', async () => {
  const disk = await compute.disks.attach(NAME, { source: { kind: 'new', sizeBytes: 64 * MIB } });
  assert.equal(disk.target, 'vdb');
  assert.equal(disk.isAttached, true);
  const device = await deviceOf(disk.id);
  assert.equal(device, 'vdb');
  assert.equal(await sh(`cat /sys/block/${device}/size`), String((64 * MIB) / 512));
  await write(device, 'kept for later');
  assert.match(await definition(), new RegExp(`<serial>${disk.id}</serial>`));
  const detached = await compute.disks.detach(NAME, 'vdb');
  assert.equal(await sh('ls /dev | grep -c vdb || true'), '0', 'the guest has let it go');
  assert.doesNotMatch(await definition(), /vdb/);
  assert.ok(detached.keptFile !== null && (await stat(detached.keptFile)).isFile());
  assert.deepEqual(
    (await listed()).filter(({ role }) => role === 'kept').map(({ id }) => id),
    [disk.id],
  );
  const again = await compute.disks.attach(NAME, {
    source: { kind: 'kept', id: disk.id?.slice(0, 8) ?? '' },
  });
  assert.equal(again.id, disk.id, 'it is the same disk, also for the guest');
  assert.equal(await read(await deviceOf(disk.id)), 'kept for later');
});

test('a disk outlives a hard reboot under its name and serial', async () => {
  const [, , disk] = await listed();
  assert.ok(disk?.role === 'volume', JSON.stringify(await listed()));
  await compute.reboot(NAME, { hard: true });
  await compute.waitFor(NAME, { kind: 'agent' }, { timeoutMs: 240_000 });
  assert.equal(await deviceOf(disk.id), disk.target);
  assert.equal(await read(disk.target), 'kept for later');
});

test('while the guest is paused a disk comes, and does not go', async () => {
  await compute.pause(NAME);
  const disk = await compute.disks.attach(NAME, {
    source: { kind: 'image', image: 'minimal', sizeBytes: 32 * MIB },
  });
  assert.equal(disk.target, 'vdc');
  await assert.rejects(compute.disks.detach(NAME, disk.target, { timeoutMs: 2000 }), (error: unknown) => {
    const { code, details, hint } = error as { code: string; details: Record<string, unknown>; hint: string };
    assert.equal(code, 'DEVICE_NOT_DETACHED');
    assert.equal(details['power'], 'paused', JSON.stringify(details));
    assert.ok(String(details['stage']).includes('vdc') && 'console' in details && 'job' in details);
    assert.match(hint, /novalet/);
    return true;
  });
  assert.match(await definition(), new RegExp(disk.id ?? 'none'), 'it is there after the next start too');
  await compute.unpause(NAME);
  await compute.disks.detach(NAME, disk.target, { remove: true }); // also where the guest let it go by itself
  assert.equal(
    (await listed()).some(({ id }) => id === disk.id),
    false,
  );
  assert.equal(
    (await readdir(directory)).some((name) => name.includes(disk.id ?? 'none')),
    false,
  );
});

test('of an instance that is off, a disk comes and goes with its next start', async () => {
  await compute.stop(NAME, { force: true });
  const path = join(world.stateDir, 'own.raw');
  await writeFile(path, Buffer.alloc(2 * MIB, 'host'));
  const sata = await compute.disks.attach(NAME, {
    source: { kind: 'file', path },
    bus: 'sata',
  });
  assert.equal(sata.target, 'sdb', 'the drive of the configuration has the first name');
  const other = await compute.disks.attach(NAME, { source: { kind: 'new', sizeBytes: MIB } });
  await compute.disks.detach(NAME, other.target, { remove: true });
  await compute.start(NAME);
  await compute.waitFor(NAME, { kind: 'agent' }, { timeoutMs: 240_000 });
  assert.equal(await sh('dd if=/dev/sda bs=4 count=1 2>/dev/null'), 'host');
  await assert.rejects(compute.disks.detach(NAME, 'sdb'), { code: 'DISK_BUS_NOT_HOTPLUGGABLE' });
  await assert.rejects(compute.disks.attach(NAME, { source: { kind: 'new', sizeBytes: MIB }, bus: 'sata' }), {
    code: 'DISK_BUS_NOT_HOTPLUGGABLE',
  });
  await assert.rejects(compute.disks.detach(NAME, 'vda'), { code: 'DISK_NOT_DETACHABLE' });
  await assert.rejects(compute.disks.detach(NAME, 'vdq'), { code: 'DISK_NOT_ATTACHED' });
});

test('disks on SCSI need one slot together, and virtio one each', async () => {
  const first = await compute.disks.attach(NAME, { source: { kind: 'new', sizeBytes: MIB }, bus: 'scsi' });
  const second = await compute.disks.attach(NAME, { source: { kind: 'new', sizeBytes: MIB }, bus: 'scsi' });
  assert.deepEqual([first.target, second.target], ['sdc', 'sdd']);
  await sh('until [ $(ls -d /sys/block/sd* | wc -l) = 3 ]; do sleep 0.1; done');
  const attached: DiskView[] = [];
  await assert.rejects(
    async () => {
      for (let count = 0; count < 40; count += 1)
        attached.push(await compute.disks.attach(NAME, { source: { kind: 'new', sizeBytes: MIB } }));
    },
    (error: unknown) => {
      const { code, hint } = error as { code: string; hint: string };
      assert.equal(code, 'NO_FREE_SLOT');
      assert.match(hint, /--bus scsi/);
      return true;
    },
  );
  for (const { target } of [first, second, ...attached])
    await compute.disks.detach(NAME, target, { remove: true });
});

test('a file that is not what it says, novalet’s own, or another’s, becomes no disk', async () => {
  const evil = join(world.stateDir, 'evil.qcow2');
  await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', '/etc/shadow', '-F', 'raw', evil]);
  const attach = (path: string, readOnly = false) =>
    compute.disks.attach(NAME, { source: { kind: 'file', path }, readOnly });
  await assert.rejects(attach(evil), { code: 'IMAGE_HAS_BACKING_FILE' });
  await assert.rejects(attach(join(directory, 'disk')), { code: 'DISK_FILE_RESERVED' });
  await assert.rejects(attach('/dev/null'), { code: 'FILE_NOT_REGULAR' });
  const shared = join(world.stateDir, 'own.raw');
  await assert.rejects(attach(shared), { code: 'DISK_IN_USE' });
  await assert.rejects(attach(shared, true), { code: 'DISK_IN_USE' }, 'somebody writes to it');
  const other = join(world.stateDir, 'other.qcow2');
  await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', other, '2M']);
  const readers = [
    await attach(other, true),
    await compute.disks.attach(NAME, {
      source: { kind: 'file', path: other },
      readOnly: true,
      bus: 'scsi',
    }),
  ];
  assert.deepEqual(
    readers.map(({ format, readOnly }) => `${format} ${readOnly}`),
    ['qcow2 true', 'qcow2 true'],
  );
  await assert.rejects(attach(other), { code: 'DISK_IN_USE' });
  assert.equal(await sh(`cat /sys/block/${await deviceOf(readers[0]?.id ?? null)}/ro`), '1');
  for (const { target } of readers) await compute.disks.detach(NAME, target);
  assert.equal((await stat(other)).isFile(), true, 'it is somebody else’s, and stays');
  assert.equal((await listed()).filter(({ role }) => role === 'volume').length, 2);
  await rm(evil);
});
