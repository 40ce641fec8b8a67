// A CD in a drive that the guest was launched with: how QEMU reads what is in it, through changes, an export and an import.
// The domains are started; no guest has to come up.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Compute } from '../../../src/compute/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { writeConfigDrive } from '../../../src/storage/index.ts';
import { World } from '../support/world.ts';

const world = await World.make();
after(() => world[Symbol.asyncDispose]());
let compute: Compute;

before(async () => {
  await world.minimalImage();
  compute = await world.compute();
  const source = join(world.stateDir, 'disc.iso');
  await writeConfigDrive(source, new Map([['a', Buffer.from('b')]]), { format: 'iso9660', label: 'cidata' });
  await compute.images.add({ source, name: 'disc', diskFormat: 'iso' });
});

const DISC = { kind: 'image', image: 'disc' } as const;

/** Of the drive at `target`: the format by which QEMU reads it now, and after the next start. */
async function formatsAt(name: string, target: string): Promise<readonly (string | undefined)[]> {
  const { domainName } = (await compute.show(name)).instance;
  const formats: (string | undefined)[] = [];
  for (const which of [[], ['--inactive']]) {
    const { stdout } = await runProgram('virsh', ['-c', 'qemu:///system', 'dumpxml', domainName, ...which]);
    const drive = stdout.split('<disk ').find((disk) => disk.includes(`<target dev='${target}'`));
    formats.push(/<driver name='qemu' type='(\w+)'/.exec(drive ?? '')?.[1]);
  }
  return formats;
}

test('an instance with a CD in a drive of its launch is exported and imported, and its drive takes any other CD', async () => {
  await compute.launch({ image: 'minimal', name: 'one', flavor: 'm1.tiny', configDrive: true });
  await compute.stop('one', { force: true });
  const drive = (await compute.disks.list('one')).find(({ role }) => role === 'config');
  const target = drive?.target ?? '';
  await compute.disks.insert('one', target, DISC, { force: true });
  const to = join(world.stateDir, 'one.export');
  await compute.exportInstance('one', { to });
  await compute.importInstance({ from: to, name: 'two' });
  const shown = async () => (await compute.disks.list('two')).find((disk) => disk.target === target);
  assert.equal((await shown())?.format, 'qcow2'); // as everything in an export
  await compute.start('two');
  assert.deepEqual(await formatsAt('two', target), ['qcow2', 'qcow2']);
  await compute.disks.insert('two', target, DISC, { force: true });
  assert.deepEqual(await formatsAt('two', target), ['raw', 'raw']);
  assert.equal((await shown())?.format, 'raw');
  await compute.disks.insert('two', target, { kind: 'original' }, { force: true });
  assert.deepEqual(await formatsAt('two', target), ['raw', 'raw']);
  assert.equal((await shown())?.source, 'own disk.config');
});

test('the CD that a guest was launched from, which is read through a qcow2, can be changed for another and back', async () => {
  await compute.launch({ image: 'disc', name: 'booted', flavor: 'm1.tiny' });
  const target = (await compute.disks.list('booted')).find(({ role }) => role === 'root')?.target ?? '';
  assert.deepEqual(await formatsAt('booted', target), ['qcow2', 'qcow2']);
  await compute.disks.insert('booted', target, DISC, { force: true });
  assert.deepEqual(await formatsAt('booted', target), ['raw', 'raw']);
  await compute.disks.insert('booted', target, { kind: 'original' }, { force: true });
  assert.deepEqual(await formatsAt('booted', target), ['qcow2', 'qcow2']);
});
