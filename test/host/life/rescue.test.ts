// A rescue: another system beside the instance's own disks, and nothing of it left afterwards.
import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isFault, Secret } from '../../../src/base/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { World } from '../support/world.ts';

const world = await World.make();
after(() => world[Symbol.asyncDispose]());

const KEY =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0s0l8mFmbVQqWlHfGzgVqjGZ1mhSCkFzWkR6cXxVXo ada@example.org';
const USER_DATA = '#!/bin/sh\necho mkfs-of-the-owner\n';
const compute = await world.compute();
let directory = '';
let domainName = '';
let own: readonly string[] = [];

before(async () => {
  await world.minimalImage();
  const { properties } = await compute.images.show('minimal');
  const blank = join(world.stateDir, 'blank.raw');
  await writeFile(blank, Buffer.alloc(1 << 20));
  const add = (name: string, more: Record<string, string>) =>
    compute.images.add({ source: blank, name, diskFormat: 'raw', properties: { ...properties, ...more } });
  await add('stable', { hw_rescue_device: 'disk' });
  const junk = await compute.images.add({ source: blank, name: 'junk-kernel', diskFormat: 'aki' });
  await add('broken', { kernel_id: junk.id });
  await add('foreign', { hw_architecture: 'aarch64' });
  const shape = { vcpus: 1, memoryMiB: 256, rootGiB: 0, ephemeralGiB: 0, swapMiB: 64, extraSpecs: {} };
  await compute.flavors.create({ name: 'small', ...shape });
  const { id, domainName: domain } = await compute.launch({
    image: 'minimal',
    name: 'patient',
    flavor: 'small',
    sshKeys: [{ name: 'ada', publicKey: KEY }],
    userData: Buffer.from(USER_DATA),
  });
  directory = join(world.stateDir, 'state', 'instances', id);
  domainName = domain;
  await compute.waitFor('patient', { kind: 'agent' });
  own = await files();
  await write('/dev/vda', 'before the rescue', 8);
});

test('an image for another architecture is refused, and the guest runs on', async () => {
  const asked = compute.rescue('patient', { image: 'foreign' });
  await assert.rejects(asked, (error) => isFault(error, 'IMAGE_ARCH_CONFLICT'));
  assert.equal(await read('/dev/vda', 8), 'before the rescue');
  assert.deepEqual(await files(), own);
});

test('a rescue that cannot start leaves the instance running from its own disks, and no file', async () => {
  await assert.rejects(compute.rescue('patient', { image: 'broken' }), (error) => isFault(error));
  const { status, instance } = await compute.show('patient');
  assert.deepEqual([status, instance.rescue, instance.fault], ['ACTIVE', null, null]);
  assert.deepEqual(await files(), own);
  await compute.waitFor('patient', { kind: 'agent' });
  assert.equal(await read('/dev/vda', 8), 'before the rescue');
});

test('a rescued instance boots a fresh disk and finds its own as the second', async () => {
  await compute.rescue('patient', { adminPassword: new Secret('open sesame') });
  assert.equal((await compute.show('patient')).status, 'RESCUE');
  await compute.waitFor('patient', { kind: 'agent' });
  assert.equal(await read('/dev/vdb', 8), 'before the rescue');
  assert.notEqual(await read('/dev/vda', 8), 'before the rescue');
  await write('/dev/vda', 'of the rescue system', 8);
  await write('/dev/vdb', 'repaired', 16);
});

test('its drive has the keys and the hash of the password, and not the user data', async () => {
  const drive = (await readFile(join(directory, 'disk.config.rescue'))).toString('latin1');
  assert.ok(drive.includes(KEY));
  assert.ok(/chpasswd.{0,200}\$6\$/s.test(drive), 'no hash of the password');
  assert.ok(!drive.includes('open sesame'));
  assert.ok(!drive.includes('mkfs-of-the-owner'));
});

test('a rescue system that was powered off is neither started nor rebooted: unrescue is the way on', async () => {
  await runProgram('virsh', ['-c', 'qemu:///system', 'destroy', domainName]);
  const view = await compute.show('patient');
  assert.deepEqual([view.status, view.powerState], ['RESCUE', 'SHUTDOWN']);
  for (const asked of [compute.start('patient'), compute.reboot('patient', { hard: true })])
    await assert.rejects(asked, (error) => isFault(error, 'INSTANCE_STATE_CONFLICT'));
  const hint = 'End the rescue first: novalet unrescue patient';
  const password = new Secret('open sesame');
  await assert.rejects(compute.setPassword('patient', { password }), { code: 'INSTANCE_NOT_RUNNING', hint });
  await assert.rejects(compute.exec('patient', { argv: ['true'] }), { hint });
  const { code, cures } = await compute.guests.diagnose('patient');
  assert.deepEqual([code, cures], ['INSTANCE_NOT_RUNNING', [hint]]);
  const { vmState, rescue } = await compute.unrescue('patient');
  assert.deepEqual([vmState, rescue], ['active', null]);
});

test('after the rescue the instance has its own disks in their places, with what was repaired', async () => {
  assert.deepEqual(await files(), own);
  await compute.waitFor('patient', { kind: 'agent' });
  assert.equal(await read('/dev/vda', 8), 'before the rescue');
  assert.equal(await read('/dev/vda', 16), 'repaired');
});

test('a stable rescue leaves every disk in its place, boots the last, and ends by asking the guest', async () => {
  const args = ['rescue', 'patient', '--image', 'stable', '--generate-password', '-o', 'json'];
  const rescued = await world.novalet(args);
  assert.equal(rescued.status, 0, rescued.stderr);
  const record = JSON.parse(rescued.stdout) as Record<string, unknown>;
  const { disks, ...rescue } = record['rescue'] as { disks: { target: string; is_own: boolean }[] };
  assert.deepEqual([record['status'], rescue], ['RESCUE', { image: 'stable', is_stable: true }]);
  assert.deepEqual(
    disks.filter(({ is_own: isOwn }) => isOwn).map(({ target }) => target),
    ['vda', 'vdb'],
  );
  assert.match(String(record['admin_pass']), /^\w{20}$/);
  await compute.waitFor('patient', { kind: 'agent' });
  assert.equal(await read('/dev/vda', 16), 'repaired');
  const { stdout: xml } = await runProgram('virsh', ['-c', 'qemu:///system', 'dumpxml', domainName]);
  assert.match(xml, /disk\.rescue.{0,400}<target dev='vdc'[^>]*>\s*<boot order='1'/s);
  const ended = await world.novalet(['unrescue', 'patient']);
  assert.equal(ended.status, 0, ended.stderr);
  assert.deepEqual(await files(), own);
});

test('deleting a rescued instance removes all of it', async () => {
  await compute.rescue('patient');
  await compute.delete('patient');
  await assert.rejects(files(), { code: 'ENOENT' });
  const { domains, taps } = await world.snapshot();
  assert.deepEqual([domains, taps], [[], []]);
});

async function files(): Promise<readonly string[]> {
  return (await readdir(directory)).sort();
}

/** At a sector of the disk itself: the guest has no filesystem on it. */
async function write(disk: string, text: string, sector: number): Promise<void> {
  const script = `printf '%-512s' '${text}' | dd of=${disk} bs=512 seek=${sector} conv=notrunc,fsync`;
  const { exitCode, stderr } = await compute.exec('patient', { argv: ['sh', '-c', script] });
  assert.equal(exitCode, 0, stderr.toString());
}

async function read(disk: string, sector: number): Promise<string> {
  const script = `dd if=${disk} bs=512 skip=${sector} count=1 2>/dev/null`;
  const { stdout } = await compute.exec('patient', { argv: ['sh', '-c', script] });
  return stdout.toString('latin1').trimEnd();
}
