// Backups of a guest that never ran: QEMU is started for each with the processors standing still.
import assert from 'node:assert/strict';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { openStore } from '../../../src/store/index.ts';
import { World } from '../support/world.ts';
import { fileOf, inPieces, madeExport, manifestOf } from './made-export.ts';

const world = await World.make();
const flavor = {
  name: 'full',
  vcpus: 1,
  memoryMiB: 256,
  rootGiB: 1,
  ephemeralGiB: 0,
  swapMiB: 0,
  extraSpecs: {},
};
const place = { directory: join(world.stateDir, 'backups') };
let disk = '';
after(() => world[Symbol.asyncDispose]());

before(async () => {
  const compute = await world.compute();
  const blank = join(world.stateDir, 'blank.raw');
  await runProgram('truncate', ['-s', '1M', blank]);
  await compute.images.add({ source: blank, name: 'blank', diskFormat: 'raw' });
  await compute.flavors.create(flavor);
  const made = await madeExport(world, 'blank');
  const { id } = await compute.importInstance({
    from: inPieces(fileOf(manifestOf(made, world), made.members)),
  });
  disk = join(world.stateDir, 'state/instances', id, 'disk');
});

test('each backup has what was written since the one before, and brings it back', async () => {
  const compute = await world.compute();
  await write('write -P 1 0 32M');
  const full = await compute.backups.create('made', place);
  const first = await content();
  await write('write -P 2 40M 1M');
  const second = await compute.backups.create('made', place);
  const later = await content();
  await write('write -P 3 0 64M');
  const third = await compute.backups.create('made', place);
  assert.deepEqual(
    [full.kind, second.kind, third.kind],
    ['full', 'incremental', 'incremental'],
    second.why ?? '',
  );
  assert.ok(second.bytes < full.bytes / 8, `${second.bytes} of ${full.bytes} bytes`);
  assert.equal(full.consistency, 'off');
  assert.equal((await compute.show('made')).status, 'SHUTOFF');
  await compute.backups.restore('made', second.id, place);
  assert.equal(await content(), later);
  await compute.backups.restore('made', full.id, place);
  assert.equal(await content(), first);
});

test('the disks of an instance in error are put back too, but not while QEMU has them open', async () => {
  const compute = await world.compute();
  const { instance } = await compute.show('made');
  const { id, domainName } = instance;
  using store = openStore(join(world.stateDir, 'state', 'novalet.db'));
  store.instances.change(id, (current) => ({ ...current, vmState: 'error' }));
  await runProgram('qemu-img', ['resize', '-q', '-f', 'qcow2', disk, '+1M']);
  store.instances.change(id, (current) => ({
    ...current,
    disks: current.disks.map((one) => ({ ...one, sizeBytes: one.sizeBytes + 1024 ** 2 })),
  }));
  await write('write -P 4 0 1M');
  const wrong = await content();
  await runProgram('virsh', ['-c', 'qemu:///system', 'start', '--paused', domainName]);
  await assert.rejects(compute.backups.restore('made', 'latest', place), (error) =>
    isFault(error, 'INSTANCE_STATE_CONFLICT'),
  );
  await runProgram('virsh', ['-c', 'qemu:///system', 'destroy', domainName]);
  assert.equal(await content(), wrong);
  await compute.backups.restore('made', 'latest', place);
  assert.notEqual(await content(), wrong);
  const restored = await compute.show('made');
  assert.equal(restored.status, 'ERROR');
  assert.equal(restored.instance.disks[0]?.sizeBytes, instance.disks[0]?.sizeBytes);
  store.instances.change(id, (current) => ({ ...current, vmState: 'stopped' }));
});

test('what a manifest says of a file is true of it when QEMU has closed it, backup after backup', async () => {
  const compute = await world.compute();
  const { instance } = await compute.show('made');
  await runProgram('virsh', ['-c', 'qemu:///system', 'start', '--paused', instance.domainName]);
  const directory = join(world.stateDir, 'many');
  await compute.backups.create('made', { directory });
  for (let round = 0; round < 10; round += 1) {
    const { kind, consistency, path } = await compute.backups.create('made', { directory });
    assert.deepEqual([kind, consistency], ['incremental', 'crash']);
    const manifest = JSON.parse(await readFile(join(path, 'manifest.json'), 'utf8')) as {
      disks: { sha256: string }[];
    };
    const { stdout } = await runProgram('sha256sum', [join(path, 'disk.qcow2')]);
    assert.equal(stdout.slice(0, 64), manifest.disks[0]?.sha256);
  }
  assert.equal((await compute.show('made')).status, 'PAUSED');
  await compute.delete('made');
});

test('a UEFI guest takes its variables along, and its copy has them', async () => {
  const compute = await world.compute();
  await compute.images.set('blank', { properties: { hw_firmware_type: 'uefi' } });
  const made = await madeExport(world, 'blank');
  const first = fileOf(manifestOf(made, world), made.members);
  const { domainName } = await compute.importInstance({ from: inPieces(first), name: 'uefi' });
  await compute.backups.create('uefi', place); // QEMU was started: there are variables now
  const nvram = await variablesOf(domainName);
  await runProgram('dd', ['if=/dev/urandom', `of=${nvram}`, 'bs=1', 'count=16', 'seek=1000', 'conv=notrunc']);
  const file = join(world.stateDir, 'uefi.tar');
  const { members } = await compute.exportInstance('uefi', { to: file });
  assert.deepEqual(
    members.map(({ name }) => name),
    ['disks/disk', 'nvram'],
  );
  const copy = await compute.importInstance({ from: file, name: 'copy' });
  const copied = await variablesOf(copy.domainName);
  assert.notEqual(copied, nvram);
  assert.deepEqual(await readFile(copied), await readFile(nvram));
  await compute.backups.create('copy', place); // QEMU takes them
  await compute.delete('copy');
  await assert.rejects(stat(copied), { code: 'ENOENT' });
});

test('a directory that QEMU does not get to is refused before anything is made, with the cure', async () => {
  const compute = await world.compute();
  const closed = join(world.stateDir, 'closed');
  await mkdir(closed, { mode: 0o700 });
  await assert.rejects(compute.backups.create('uefi', { directory: join(closed, 'backups') }), (error) => {
    assert.ok(isFault(error, 'BACKUP_PLACE_CLOSED'), String(error));
    assert.match(error.hint ?? '', new RegExp(`chmod o\\+x ${closed}`));
    return true;
  });
  assert.deepEqual(await compute.backups.list('uefi', { directory: join(closed, 'backups') }), []);
  await assert.rejects(compute.backups.create('uefi', { directory: '/proc/backups' }), (error) =>
    isFault(error, 'HOST_FILE_NOT_FOUND'),
  );
});

async function variablesOf(domainName: string): Promise<string> {
  const { stdout } = await runProgram('virsh', ['-c', 'qemu:///system', 'dumpxml', '--inactive', domainName]);
  return /<nvram [^>]*>([^<]+)</.exec(stdout)?.[1] ?? '';
}

async function write(command: string): Promise<void> {
  await runProgram('qemu-io', ['-f', 'qcow2', '-c', command, disk]);
}

/** As a guest would read it, whatever the file is like. */
async function content(): Promise<string> {
  const raw = join(world.stateDir, 'looked-at.raw');
  await runProgram('qemu-img', ['convert', '-f', 'qcow2', '-O', 'raw', disk, raw]);
  return (await runProgram('sha256sum', [raw])).stdout.slice(0, 64);
}
