// CDs that are changed under a running guest, and disks that grow under it.
import assert from 'node:assert/strict';
import { readdir, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { GIB, MIB } from '../../../src/base/index.ts';
import type { Compute } from '../../../src/compute/index.ts';
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
  await iso('first');
});

async function iso(name: string): Promise<string> {
  const path = join(world.stateDir, `${name}.iso`);
  const file = join(world.stateDir, 'word.txt');
  await writeFile(file, name);
  await runProgram('xorriso', ['-as', 'mkisofs', '-quiet', '-r', '-J', '-V', name, '-o', path, file]);
  return path;
}

/** The word on the CD in the drive that came later; waits for the guest to see it. */
const WORD = 'mount -t iso9660 -o ro /dev/sr0 /mnt 2>/dev/null';
async function wordInDrive(): Promise<string> {
  return await guest.sh(`until ${WORD}; do sleep 0.1; done; cat /mnt/word.txt; umount /mnt`);
}

test('a drive is plugged in empty, and the guest reads whichever CD is put into it', async () => {
  const drive = await compute.disks.attach(NAME, { source: { kind: 'none' }, bus: 'scsi' });
  assert.equal(drive.device, 'cdrom');
  await guest.sh('until [ -b /dev/sr0 ]; do sleep 0.1; done');
  const first = await compute.disks.insert(NAME, drive.target, {
    kind: 'file',
    path: join(world.stateDir, 'first.iso'),
  });
  assert.match(first.source ?? '', /^file .*first\.iso$/);
  assert.equal(await wordInDrive(), 'first');
  await compute.images.add({ source: await iso('second'), name: 'second' });
  const second = await compute.disks.insert(NAME, drive.target, { kind: 'image', image: 'second' });
  assert.equal(second.kind, 'own');
  assert.equal(await wordInDrive(), 'second');
  assert.match(await guest.definition(), /medium-/);
  const empty = await compute.disks.eject(NAME, drive.target);
  assert.equal(empty.source, null);
  assert.doesNotMatch((await guest.liveXml()) + (await guest.definition()), /medium-/);
  assert.deepEqual(
    (await readdir(guest.directory)).filter((name) => name.startsWith('medium-')),
    [],
  );
  await assert.rejects(guest.sh(WORD));
});

test('a CD that the guest has mounted is taken out only by force', async () => {
  const [drive] = (await guest.list()).filter(({ role, device }) => role === 'volume' && device === 'cdrom');
  const target = drive?.target ?? assert.fail('no drive');
  await compute.disks.insert(NAME, target, { kind: 'file', path: join(world.stateDir, 'first.iso') });
  await guest.sh(`until ${WORD}; do sleep 0.1; done`);
  await assert.rejects(compute.disks.eject(NAME, target), { code: 'TRAY_LOCKED' });
  assert.match((await guest.list()).find((one) => one.target === target)?.source ?? '', /first\.iso/);
  await compute.disks.eject(NAME, target, { force: true });
  await guest.sh('umount -l /mnt');
  assert.doesNotMatch(await guest.liveXml(), /first\.iso/);
  await compute.disks.detach(NAME, target);
  assert.equal(
    (await guest.list()).some((one) => one.target === target),
    false,
  );
});

test('the drive of the configuration is kept from accidents, and comes back as it was', async () => {
  await assert.rejects(compute.disks.eject(NAME, 'sda'), { code: 'DRIVE_RESERVED' });
  await assert.rejects(compute.disks.eject(NAME, 'vda', { force: true }), { code: 'DRIVE_NOT_FOUND' });
  await compute.disks.eject(NAME, 'sda', { force: true });
  assert.equal((await guest.list()).find(({ target }) => target === 'sda')?.source, null);
  await compute.disks.insert(NAME, 'sda', { kind: 'file', path: join(world.stateDir, 'first.iso') });
  assert.match(await guest.liveXml(), /first\.iso/);
  const back = await compute.disks.insert(NAME, 'sda', { kind: 'original' });
  assert.equal(back.source, 'own disk.config');
  assert.doesNotMatch((await guest.liveXml()) + (await guest.definition()), /first\.iso/);
  assert.match(await guest.definition(), /disk\.config/);
  const wrong = join(world.stateDir, 'wrong.iso');
  await writeFile(wrong, Buffer.alloc(MIB));
  const insert = compute.disks.insert(NAME, 'sda', { kind: 'file', path: wrong }, { force: true });
  await assert.rejects(insert, { code: 'IMAGE_FORMAT_MISMATCH' });
});

test('a disk grows under the guest and while it is off, and never shrinks', async () => {
  const disk = await compute.disks.attach(NAME, { source: { kind: 'new', sizeBytes: 8 * MIB } });
  const device = await guest.deviceOf(disk);
  const grown = await compute.disks.grow(NAME, disk.target, 16 * MIB, { filesystem: true });
  assert.equal(grown.fromBytes, 8 * MIB);
  assert.deepEqual(
    grown.inside.map(({ what, name, outcome }) => `${what} ${name} ${outcome}`),
    [`filesystem /dev/${device} not-done`],
    JSON.stringify(grown.inside),
  );
  assert.equal(await guest.sh(`cat /sys/block/${device}/size`), String((16 * MIB) / 512));
  await assert.rejects(compute.disks.grow(NAME, disk.target, 8 * MIB), { code: 'DISK_CANNOT_SHRINK' });
  await assert.rejects(compute.disks.grow(NAME, 'sda', 8 * MIB), { code: 'DISK_NOT_GROWABLE' });
  await compute.disks.grow(NAME, 'vda', 2 * GIB);
  await compute.stop(NAME, { force: true });
  const off = await compute.disks.grow(NAME, disk.target, 32 * MIB, { filesystem: true });
  assert.equal(off.inside[0]?.outcome, 'not-done');
  assert.equal((await guest.list()).find(({ id }) => id === disk.id)?.sizeBytes, 32 * MIB);
  await compute.start(NAME);
  await guest.booted();
  assert.equal(await guest.sh('cat /sys/block/vda/size'), String((2 * GIB) / 512));
  assert.equal(await guest.sh(`cat /sys/block/${device}/size`), String((32 * MIB) / 512));
  assert.equal((await compute.show(NAME)).instance.disks[0]?.sizeBytes, 2 * GIB);
});

/** Programs of this host that the guest has not got, with the libraries beside libc's. */
async function bring(program: string): Promise<void> {
  const { files } = await compute.guest(NAME);
  const { stdout } = await runProgram('ldd', [program]);
  for (const [, library = ''] of stdout.matchAll(/=> (\S+)/g)) {
    const name = basename(library);
    if (!(await files.exists(`/lib/${name}`))) await files.copyIn(library, `/lib/${name}`);
  }
  await files.copyIn(program, `/usr/sbin/${basename(program)}`, { mode: 0o755 });
}

test('a filesystem grows with its disk, by the guest’s own program', async () => {
  const path = join(world.stateDir, 'data.raw');
  await writeFile(path, '');
  await truncate(path, 8 * MIB);
  await runProgram('mkfs.ext4', ['-q', '-F', path]);
  const disk = await compute.disks.attach(NAME, { source: { kind: 'file', path } });
  const device = await guest.deviceOf(disk);
  await guest.sh(`mkdir -p /mnt/data && mount -t ext4 /dev/${device} /mnt/data && echo kept >/mnt/data/word`);
  const grow = async (sizeBytes: number) =>
    (await compute.disks.grow(NAME, disk.target, sizeBytes, { filesystem: true })).inside;
  const without = await grow(12 * MIB);
  assert.equal(without.length, 1, JSON.stringify(without));
  assert.match(without[0]?.why ?? '', /the guest has no resize2fs \(package e2fsprogs\)/);
  await bring('/usr/sbin/resize2fs');
  const size = async () => Number(await guest.sh("df -k /mnt/data | tail -n 1 | awk '{print $2}'"));
  const before = await size();
  assert.deepEqual(await grow(24 * MIB), [
    { what: 'filesystem', name: '/mnt/data', outcome: 'grown', why: null },
  ]);
  assert.ok((await size()) > before + 8 * 1024, `${before} became ${await size()}`);
  assert.equal((await grow(24 * MIB))[0]?.outcome, 'unchanged');
  assert.equal(await guest.sh('cat /mnt/data/word'), 'kept');
});
