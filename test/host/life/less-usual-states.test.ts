// Actions begun in those of their states that the other tests leave out (shown-pairs.ts says where each pair is shown): on a
// guest that is paused, suspended, off, in error, rescued or resized, with data that are written before and found afterwards.
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isFault, MIB, Secret } from '../../../src/base/index.ts';
import type { Compute } from '../../../src/compute/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { bytesOnImage } from '../snapshots/disk-marks.ts';
import { World } from '../support/world.ts';
import { GuestInState, NAME } from './guest-in-state.ts';

const world = await World.make();
after(() => world[Symbol.asyncDispose]());
let guest: GuestInState;
let compute: Compute;

const flavor = {
  name: 'pair',
  vcpus: 1,
  memoryMiB: 256,
  rootGiB: 0,
  ephemeralGiB: 0,
  swapMiB: 0,
  extraSpecs: {},
};

before(async () => {
  guest = await GuestInState.launch(world, flavor);
  ({ compute } = guest);
  await compute.flavors.create({ ...flavor, name: 'wider', memoryMiB: 288 });
});

test('a paused guest is copied, looked at, written to and interrupted, and sees that when it goes on', async () => {
  const data = await guest.writeData();
  await compute.snapshots.create(NAME, { name: 'mark', quiesce: 'never' });
  const counted = await unmaskable();
  await compute.pause(NAME);
  await using line = await compute.consoles.open(NAME);
  await requireSeen('PAUSED');
  await compute.consoles.nmi(NAME);
  await changesMedium(NAME);
  await compute.snapshots.remove(NAME, 'mark');
  await compute.clone(NAME, { name: 'of-paused', start: false });
  assert.ok((await onDisk('of-paused')).startsWith(data.token));
  assert.ok((await inExport()).startsWith(data.token));
  await guest.requireState('paused', 'PAUSED');
  await compute.unpause(NAME);
  await line.write(Buffer.from('\recho by $((40 + 2)) line\r'));
  await said(line, 'by 42 line');
  await guest.requireData(data, 'kept');
  assert.ok((await unmaskable()) > counted);
});

test('a suspended guest is copied as its disk is, and goes on where it stood', async () => {
  const data = await guest.writeData();
  await compute.suspend(NAME);
  const { image } = await compute.createImage(NAME, { name: 'of-suspended' });
  const stored = join(world.stateDir, 'state', 'images', image.id);
  assert.ok((await bytesOnImage(stored, 0)).startsWith(data.token));
  await compute.clone(NAME, { name: 'of-suspended', start: false });
  assert.ok((await onDisk('of-suspended')).startsWith(data.token));
  assert.ok((await inExport()).startsWith(data.token));
  await assert.rejects(compute.waitFor(NAME, { kind: 'agent' }), (error) =>
    isFault(error, 'INSTANCE_STATE_CONFLICT'),
  );
  await guest.requireState('suspended', 'SUSPENDED');
  await compute.resume(NAME);
  await guest.requireData(data, 'kept');
});

test('one in error is looked at, has its snapshots restored and removed, and is rescued', async () => {
  const data = await guest.writeData();
  await compute.snapshots.create(NAME, { name: 'before', quiesce: 'never' });
  await guest.writeData();
  guest.record('error');
  await requireSeen('ERROR');
  await compute.consoles.sendKeys(NAME, { keys: ['a'] });
  await compute.consoles.nmi(NAME);
  await compute.snapshots.restore(NAME, 'before');
  guest.record('error');
  await compute.snapshots.remove(NAME, 'before');
  assert.deepEqual(await compute.snapshots.list(NAME), []);
  guest.record('error');
  await compute.rescue(NAME);
  assert.equal((await guest.show()).status, 'RESCUE');
  await compute.unrescue(NAME, { force: true });
  await guest.requireState('active', 'ACTIVE');
  await guest.requireData(data, 'gone');
});

test('one that is off is rescued, reached as any other while it is, and runs afterwards with its data', async () => {
  const data = await guest.writeData();
  await compute.stop(NAME, { force: true });
  await changesMedium(NAME);
  const drive = await compute.disks.attach(NAME, { source: { kind: 'none' }, bus: 'scsi' });
  await compute.rescue(NAME);
  await requireSeen('RESCUE');
  const byKeys = compute.consoles.sendKeys(NAME, { keys: ['a'] });
  await Promise.all([byKeys, compute.consoles.nmi(NAME)]);
  await assert.rejects(compute.disks.eject(NAME, 'sda', { force: true }), { code: 'DRIVE_RESERVED' });
  await compute.disks.insert(NAME, drive.target, { kind: 'image', image: await anIso() });
  await compute.waitFor(NAME, { kind: 'agent' }, { timeoutMs: 120_000 });
  await changesPassword();
  await compute.unrescue(NAME);
  await guest.requireState('active', 'ACTIVE');
  await guest.requireData(data, 'gone');
  await guest.sh('until [ -b /dev/sr0 ]; do sleep 0.1; done; dd if=/dev/sr0 of=/dev/null bs=2048 count=16');
  await compute.disks.detach(NAME, drive.target);
});

test('one that is resized gets disks and loses them, is reached as any other, and is deleted whole', async () => {
  const data = await guest.writeData();
  const { instance } = await compute
    .resize(NAME, { flavor: 'wider' }, { force: true })
    .then(() => guest.show());
  await requireSeen('VERIFY_RESIZE');
  await guest.requireData(data, 'gone');
  await compute.consoles.sendKeys(NAME, { keys: ['a'] });
  await compute.consoles.nmi(NAME);
  await changesPassword();
  const disk = await compute.disks.attach(NAME, { source: { kind: 'new', sizeBytes: MIB } });
  await guest.sh(
    `until [ -b /dev/${disk.target} ]; do sleep 0.1; done; echo here >/dev/${disk.target}; sync`,
  );
  await compute.disks.detach(NAME, disk.target, { remove: true });
  assert.equal(await guest.sh(`ls /dev | grep -c ${disk.target} || true`), '0');
  await requireDeleted(NAME, instance.id);
});

/** Each is of an instance of its own, copied before from the guest. */
test('in whatever state it is, an instance is deleted whole', async () => {
  await compute.clone('of-paused', { name: 'running' });
  await compute.clone('of-paused', { name: 'shelved', start: false });
  await compute.clone('of-paused', { name: 'broken', start: false });
  await compute.clone('of-paused', { name: 'unborn', start: false });
  await compute.start('of-paused');
  await compute.pause('of-paused');
  await compute.shelve('shelved');
  guest.record('error', 'broken');
  guest.record('building', 'unborn');
  for (const [name, status] of [
    ['running', 'ACTIVE'],
    ['of-paused', 'PAUSED'],
    ['shelved', 'SHELVED'],
    ['broken', 'ERROR'],
    ['unborn', 'BUILD'],
    ['of-suspended', 'SHUTOFF'],
  ] as const) {
    const view = await compute.show(name);
    assert.equal(view.status, status);
    await requireDeleted(name, view.instance.id);
  }
  assert.deepEqual((await world.snapshot())['domains'], []);
});

async function requireDeleted(name: string, id: string): Promise<void> {
  const { instance } = await compute.show(id);
  await compute.delete(name);
  await assert.rejects(compute.show(id), (error) => isFault(error, 'INSTANCE_NOT_FOUND'));
  const { domains = [], files = [] } = await world.snapshot();
  assert.equal(domains.includes(instance.domainName), false, name);
  assert.deepEqual(
    files.filter((file) => file.includes(id)),
    [],
    name,
  );
}

/** What only looks: the picture of its screen, what it uses, and its state beside it. */
async function requireSeen(status: string): Promise<void> {
  const picture = await compute.consoles.screenshot(NAME);
  assert.equal(picture.subarray(1, 4).toString(), 'PNG');
  const used = await compute.diagnostics(NAME);
  assert.equal(used.status, status);
  assert.ok(used.memory.residentKiB > 0);
}

/** The CD of the configuration is taken out and put back. */
async function changesMedium(name: string): Promise<void> {
  const empty = await compute.disks.eject(name, 'sda', { force: true });
  assert.equal(empty.source, null);
  const back = await compute.disks.insert(name, 'sda', { kind: 'original' });
  assert.equal(back.source, 'own disk.config');
}

async function changesPassword(): Promise<void> {
  const hash = () => guest.sh('grep ^root: /etc/shadow');
  const before = await hash();
  await compute.setPassword(NAME, { password: new Secret('correct horse') });
  assert.notEqual(await hash(), before);
}

async function unmaskable(): Promise<number> {
  return Number(/NMI: +(\d+)/.exec(await guest.sh('cat /proc/interrupts'))?.[1]);
}

async function said(line: AsyncIterable<Buffer>, what: string): Promise<void> {
  let seen = '';
  for await (const bytes of line) {
    seen += bytes.toString('latin1');
    if (seen.includes(what)) return;
  }
  assert.fail(`the console ended after ${seen}`);
}

/** The beginning of the root disk, of one that is off. */
async function onDisk(name: string): Promise<string> {
  const { instance } = await compute.show(name);
  return await bytesOnImage(join(world.stateDir, 'state', 'instances', instance.id, 'disk'), 0);
}

/** The beginning of the root disk in what the guest is exported as. */
async function inExport(): Promise<string> {
  const file = join(world.stateDir, 'exported.tar');
  await compute.exportInstance(NAME, { to: file });
  await runProgram('tar', ['-C', world.stateDir, '-xf', file, 'disks/disk']);
  await runProgram('rm', [file]);
  return await bytesOnImage(join(world.stateDir, 'disks', 'disk'), 0);
}

async function anIso(): Promise<string> {
  const path = join(world.stateDir, 'word.iso');
  const [word = ''] = await readdir(world.stateDir);
  await runProgram('xorriso', ['-as', 'mkisofs', '-quiet', '-r', '-o', path, join(world.stateDir, word)]);
  await compute.images.add({ source: path, name: 'word' });
  return 'word';
}
