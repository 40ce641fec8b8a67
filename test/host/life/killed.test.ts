// Crash only: what a process left that died in the middle of an action is finished or taken back by the next one.
import assert from 'node:assert/strict';
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

test('killed while it suspended, before libvirt began: the guest goes on', async () => {
  const data = await guest.writeData();
  await guest.dieHolding({ taskState: 'suspending' });
  await guest.requireState('active', 'ACTIVE');
  await guest.requireData(data, 'kept');
});

test('killed while it suspended, when libvirt had ended: it is suspended, and resumes', async () => {
  const data = await guest.writeData();
  await virsh('managedsave');
  await guest.dieHolding({ taskState: 'suspending' });
  await guest.requireState('suspended', 'SUSPENDED');
  await guest.compute.resume(NAME);
  await guest.requireData(data, 'kept');
});

test('killed while it resumed, when the guest ran: it is active', async () => {
  await guest.compute.suspend(NAME);
  await virsh('start');
  await guest.dieHolding({ taskState: 'resuming' });
  await guest.requireState('active', 'ACTIVE');
});

test('killed while it paused, or unpaused, when that was done: it is what the guest is', async () => {
  await virsh('suspend');
  await guest.dieHolding({ taskState: 'pausing' });
  await guest.requireState('paused', 'PAUSED');
  await virsh('resume');
  await guest.dieHolding({ taskState: 'unpausing', vmState: 'paused' });
  await guest.requireState('active', 'ACTIVE');
});

test("killed while it was renamed: the domain's metadata have the new name after all, live and in the definition", async () => {
  const { instance } = await guest.show();
  await guest.dieHolding({ taskState: 'changing', metadata: { role: 'other' } });
  await guest.compute.rename(NAME, 'renamed');
  await guest.compute.rename('renamed', NAME);
  await guest.dieHolding({ taskState: 'changing' });
  for (const which of [[], ['--inactive']]) {
    const [told = ''] =
      /<nova:instance [\s\S]*<\/nova:instance>/.exec(await virsh('dumpxml', ...which)) ?? [];
    assert.deepEqual(
      [told.includes('<nova:name>web</nova:name>'), told.includes('nova:nova')],
      [true, false],
      told,
    );
    assert.match(told, /<nova:ip type="fixed" address="[0-9.]+" ipVersion="4"\/>/);
  }
  assert.equal((await guest.show()).instance.domainName, instance.domainName);
});

test('killed in a hard reboot, when its definition was gone: it is stopped, and a hard reboot cures it', async () => {
  const data = await guest.writeData();
  await virsh('undefine');
  await virsh('destroy');
  await guest.dieHolding({ taskState: 'rebooting_hard' });
  await guest.requireState('stopped', 'SHUTOFF');
  await guest.compute.reboot(NAME, { hard: true });
  await guest.requireData(data, 'gone');
});

test('killed while it was shelved, while it still ran: it runs; when it was off: it is shelved', async () => {
  await guest.dieHolding({ taskState: 'shelving' });
  await guest.requireState('active', 'ACTIVE');
  await virsh('destroy');
  await guest.dieHolding({ taskState: 'shelving' });
  await guest.requireState('shelved', 'SHELVED');
  assert.deepEqual((await world.snapshot())['domains'], []);
});

test('killed while it was offloaded, when the image was there: the image is removed, and it can be offloaded again', async () => {
  const { instance } = await guest.show();
  const name = `${NAME}-shelved`;
  guest.record('stopped'); // what is shelved is not copied by anybody else
  const { image } = await guest.compute.createImage(NAME, { name });
  guest.record('shelved');
  assert.equal(image.properties['instance_uuid'], instance.id);
  await guest.dieHolding({ taskState: 'shelving_offloading' });
  await guest.requireState('shelved', 'SHELVED');
  await assert.rejects(guest.compute.images.show(`${NAME}-shelved`), (error) =>
    isFault(error, 'IMAGE_NOT_FOUND'),
  );
  await guest.compute.shelve(NAME, { offload: true });
});

test('killed while its disks were removed: the rest of them goes, and it comes back from its image', async () => {
  const { instance } = await guest.show();
  const disk = `${world.stateDir}/state/instances/${instance.id}/disk`;
  await runProgram('touch', [disk]);
  await guest.dieHolding({ taskState: 'shelving_offloading' });
  await guest.requireState('shelved_offloaded', 'SHELVED_OFFLOADED');
  await assert.rejects(runProgram('stat', [disk]));
  await guest.compute.unshelve(NAME);
  await guest.compute.waitFor(NAME, { kind: 'agent' }, { timeoutMs: 120_000 });
});

test('killed while it was unshelved, when the guest ran: it is active, as it left itself', async () => {
  const data = await guest.writeData();
  await guest.dieHolding({ taskState: 'unshelving', vmState: 'shelved' });
  await guest.requireState('active', 'ACTIVE');
  await guest.requireData(data, 'kept');
});

test('deleted when it is offloaded, it leaves neither image nor files', async () => {
  const { id } = (await guest.show()).instance;
  await guest.compute.shelve(NAME, { offload: true, force: true });
  await guest.compute.images.show(`${NAME}-shelved`);
  await guest.compute.delete(NAME);
  await assert.rejects(guest.compute.images.show(`${NAME}-shelved`), (error) =>
    isFault(error, 'IMAGE_NOT_FOUND'),
  );
  assert.deepEqual(
    (await world.snapshot())['files']?.filter((file) => file.includes(id)),
    [],
  );
});

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
