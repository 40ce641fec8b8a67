// Disks that come and go while the guest runs, while it is paused and while it is off; what was written is there again.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isFault, MIB } from '../../../src/base/index.ts';
import type { Compute, DiskView, ProgressEvent } from '../../../src/compute/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { World } from '../support/world.ts';
import { GuestWithDisks, NAME } from './guest-with-disks.ts';

const world = await World.make();
after(() => world[Symbol.asyncDispose]());

let guest: GuestWithDisks;
let compute: Compute;

before(async () => {
  guest = await GuestWithDisks.launch(world);
  compute = guest.compute;
});

test('data on an attached disk are found after it was detached and attached again', async () => {
  const disk = await compute.disks.attach(NAME, { source: { kind: 'new', sizeBytes: 64 * MIB } });
  assert.equal(disk.target, 'vdb');
  assert.equal(disk.isAttached, true);
  const device = await guest.deviceOf(disk);
  assert.equal(device, 'vdb');
  assert.equal(await guest.sh(`cat /sys/block/${device}/size`), String((64 * MIB) / 512));
  await guest.write(device, 'kept for later');
  assert.match(await guest.definition(), new RegExp(`<serial>${disk.id}</serial>`));
  const detached = await compute.disks.detach(NAME, 'vdb');
  assert.equal(await guest.sh('ls /dev | grep -c vdb || true'), '0', 'the guest has let it go');
  assert.doesNotMatch(await guest.definition(), /vdb/);
  assert.ok(detached.keptFile !== null && (await stat(detached.keptFile)).isFile());
  assert.deepEqual(
    (await guest.list()).filter(({ role }) => role === 'kept').map(({ id }) => id),
    [disk.id],
  );
  const again = await compute.disks.attach(NAME, {
    source: { kind: 'kept', id: disk.id?.slice(0, 8) ?? '' },
  });
  assert.equal(again.id, disk.id, 'it is the same disk, also for the guest');
  assert.equal(await guest.read(await guest.deviceOf(disk)), 'kept for later');
});

test('a disk outlives a hard reboot under its name and serial', async () => {
  const [, , disk] = await guest.list();
  assert.ok(disk?.role === 'volume', JSON.stringify(await guest.list()));
  await compute.reboot(NAME, { hard: true });
  await guest.booted();
  assert.equal(await guest.deviceOf(disk), disk.target);
  assert.equal(await guest.read(disk.target), 'kept for later');
});

test('while the guest is paused a disk comes, and does not go', async () => {
  await compute.pause(NAME);
  const disk = await compute.disks.attach(NAME, {
    source: { kind: 'image', image: 'minimal', sizeBytes: 32 * MIB },
  });
  assert.equal(disk.target, 'vdc');
  await assert.rejects(compute.disks.detach(NAME, disk.target), (error) =>
    isFault(error, 'INSTANCE_STATE_CONFLICT'),
  );
  await compute.unpause(NAME);
  const { domainName } = (await compute.show(NAME)).instance;
  // so late that the guest is asked all the same
  const onProgress = ({ step, phase }: ProgressEvent) => {
    if (step === 'disk-unplug' && phase === 'begin')
      execFileSync('virsh', ['-c', 'qemu:///system', 'suspend', domainName]);
  };
  const detaching = compute.disks.detach(NAME, disk.target, { timeoutMs: 2000, onProgress });
  await assert.rejects(detaching, (error: unknown) => {
    const { code, details, hint } = error as { code: string; details: Record<string, unknown>; hint: string };
    assert.equal(code, 'DEVICE_NOT_DETACHED');
    assert.equal(details['power'], 'paused', JSON.stringify(details));
    assert.ok(String(details['stage']).includes('vdc') && 'console' in details && 'job' in details);
    assert.match(hint, /novalet/);
    return true;
  });
  assert.match(
    await guest.definition(),
    new RegExp(disk.id ?? 'none'),
    'it is there after the next start too',
  );
  await compute.unpause(NAME);
  await compute.disks.detach(NAME, disk.target, { remove: true }); // also where the guest let it go by itself
  assert.equal(
    (await guest.list()).some(({ id }) => id === disk.id),
    false,
  );
  assert.equal(
    (await readdir(guest.directory)).some((name) => name.includes(disk.id ?? 'none')),
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
  await guest.booted();
  const live = await guest.liveXml(); // the kernel of this guest has no driver for SATA
  assert.ok(live.includes(path) && live.includes(sata.id ?? 'none') && !live.includes(other.id ?? 'none'));
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
  await guest.sh('until [ $(ls -d /sys/block/sd* | wc -l) = 2 ]; do sleep 0.1; done');
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
  await assert.rejects(attach(join(guest.directory, 'disk')), { code: 'DISK_FILE_RESERVED' });
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
  assert.equal(
    await guest.sh(`cat /sys/block/${await guest.deviceOf({ id: readers[0]?.id ?? null })}/ro`),
    '1',
  );
  for (const { target } of readers) await compute.disks.detach(NAME, target);
  assert.equal((await stat(other)).isFile(), true, 'it is somebody else’s, and stays');
  assert.equal((await guest.list()).filter(({ role }) => role === 'volume').length, 2);
  await rm(evil);
});

test('while its domain is undefined behind our back nothing comes or goes, and a hard reboot cures it', async () => {
  const virsh = (...words: string[]) => runProgram('virsh', ['-c', 'qemu:///system', ...words]);
  const kept = await compute.disks.attach(NAME, { source: { kind: 'new', sizeBytes: MIB } });
  const drive = await compute.disks.attach(NAME, { source: { kind: 'none' }, bus: 'scsi' });
  await virsh('undefine', guest.domainName);
  const before = await guest.list();
  const { ports } = (await compute.show(NAME)).instance;
  const source = { kind: 'new', sizeBytes: MIB } as const;
  const refused = [
    () => compute.disks.attach(NAME, { source }),
    () => compute.disks.detach(NAME, kept.target),
    () => compute.disks.insert(NAME, drive.target, { kind: 'file', path: '/nowhere.iso' }),
    () => compute.disks.eject(NAME, drive.target),
    () => compute.interfaces.attach(NAME, {}),
    () => compute.interfaces.detach(NAME, ports[0]?.mac ?? ''),
    () => compute.suspend(NAME),
  ];
  const hint = `Define it again: novalet reboot --hard ${NAME}`;
  for (const act of refused) await assert.rejects(act(), { code: 'DOMAIN_UNDEFINED', hint });
  assert.deepEqual(await guest.list(), before);
  assert.deepEqual((await compute.show(NAME)).instance.ports, ports);
  await compute.reboot(NAME, { hard: true });
  await guest.booted();
  await compute.disks.detach(NAME, kept.target, { remove: true });
  const after = await compute.disks.attach(NAME, { source });
  assert.match(await guest.definition(), new RegExp(`<serial>${after.id}</serial>`));
});
