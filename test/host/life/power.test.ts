// Starting, stopping, rebooting, pausing and suspending a real guest, from each state that the table of transitions lists, with
// data that are written before and found afterwards.
import assert from 'node:assert/strict';
import { access } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { World } from '../support/world.ts';
import { GuestInState, NAME } from './guest-in-state.ts';

const world = await World.make();
after(() => world[Symbol.asyncDispose]());
let guest: GuestInState;

before(async () => {
  guest = await GuestInState.launch(world);
});

test('paused and unpaused, a guest goes on where it stood, by the time of its host', async () => {
  const { compute } = guest;
  const data = await guest.writeData();
  await guest.sh('date -s @1000000000');
  await compute.pause(NAME);
  await guest.requireState('paused', 'PAUSED');
  assert.equal((await guest.show()).powerState, 'PAUSED');
  await compute.unpause(NAME);
  await guest.requireState('active', 'ACTIVE');
  await guest.requireData(data, 'kept');
  await requireClock();
});

test('suspended and resumed, a guest goes on where it stood, by the time of its host, and holds no memory between', async () => {
  const { compute } = guest;
  const data = await guest.writeData();
  await guest.sh('date -s @1000000000');
  await compute.suspend(NAME);
  await guest.requireState('suspended', 'SUSPENDED');
  assert.equal((await guest.show()).powerState, 'SHUTDOWN');
  await compute.resume(NAME);
  await guest.requireState('active', 'ACTIVE');
  await guest.requireData(data, 'kept');
  await requireClock();
});

test('rebooted softly, it is another boot of the same disk', async () => {
  const data = await guest.writeData();
  assert.deepEqual(await guest.compute.reboot(NAME, { timeoutMs: 60_000 }), { madeAnew: [] });
  await guest.requireState('active', 'ACTIVE');
  await guest.requireData(data, 'gone');
});

test('a suspended guest whose memory somebody removed is said so, and is stopped; starting boots it', async () => {
  const { compute } = guest;
  const data = await guest.writeData();
  await compute.suspend(NAME);
  await virsh('managedsave-remove');
  await assert.rejects(compute.resume(NAME), (error) => isFault(error, 'SAVED_MEMORY_GONE'));
  await guest.requireState('stopped', 'SHUTOFF');
  await compute.start(NAME);
  await guest.requireState('active', 'ACTIVE');
  await guest.requireData(data, 'gone');
});

test('a hard reboot of a suspended guest drops its memory and boots the disk, and so does one of a running guest', async () => {
  const data = await guest.writeData();
  await guest.compute.suspend(NAME);
  await guest.compute.reboot(NAME, { hard: true }); // then it runs, and once more from there
  await guest.compute.reboot(NAME, { hard: true });
  await guest.requireState('active', 'ACTIVE');
  await guest.requireData(data, 'gone');
});

test('a hard reboot of a paused guest makes anew what is missing of it: its definition, its drive, its network', async () => {
  const data = await guest.writeData();
  await guest.compute.pause(NAME);
  const { instance } = await guest.show();
  const drive = `${world.stateDir}/state/instances/${instance.id}/disk.config`;
  await runProgram('rm', [drive]);
  await virsh('undefine');
  await runProgram('virsh', ['-c', 'qemu:///system', 'net-destroy', world.prefix]);
  assert.deepEqual(await guest.compute.reboot(NAME, { hard: true }), { madeAnew: [drive] });
  await guest.requireState('active', 'ACTIVE');
  await guest.requireData(data, 'gone');
});

test('a hard reboot cures an instance in error whose disks are whole, and undoes what somebody changed in its definition', async () => {
  const data = await guest.writeData();
  guest.record('error');
  await virsh('desc', '--config', '--title', 'changed behind our back');
  await guest.compute.reboot(NAME, { hard: true });
  await guest.requireState('active', 'ACTIVE');
  assert.equal((await virsh('desc', '--title')).includes('behind'), false);
  guest.record('error'); // stopped from there, and started by another one
  await guest.compute.stop(NAME, { force: true });
  await guest.requireState('stopped', 'SHUTOFF');
  await guest.compute.reboot(NAME, { hard: true });
  await guest.requireState('active', 'ACTIVE');
  await guest.requireData(data, 'gone');
});

test('deleted while it is suspended, it leaves no memory behind', async () => {
  await guest.compute.waitFor(NAME, { kind: 'agent' }, { timeoutMs: 120_000 });
  await guest.compute.suspend(NAME);
  const { domainName } = (await guest.show()).instance;
  const saved = `/var/lib/libvirt/qemu/save/${domainName}.save`;
  await access(saved);
  await guest.compute.delete(NAME);
  await assert.rejects(access(saved), { code: 'ENOENT' });
  assert.deepEqual((await world.snapshot())['domains'], []);
});

async function requireClock(): Promise<void> {
  const { driftMs, uncertaintyMs } = await guest.compute.guests.time(NAME);
  assert.ok(Math.abs(driftMs) <= 1000 + uncertaintyMs, `the clock is off by ${driftMs} ms`);
}

async function virsh(command: string, ...args: readonly string[]): Promise<string> {
  const { instance } = await guest.show();
  const { stdout } = await runProgram('virsh', [
    '-c',
    'qemu:///system',
    command,
    instance.domainName,
    ...args,
  ]);
  return stdout;
}
