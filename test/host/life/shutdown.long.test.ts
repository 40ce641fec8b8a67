// Roads that stop or reboot a guest, of those that take longer to show: shutdown.test.ts has the others.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { World } from '../support/world.ts';
import { heedOnly, requireAskedBy } from './deaf-guest.ts';
import { GuestInState, NAME } from './guest-in-state.ts';

const world = await World.make();
after(() => world[Symbol.asyncDispose]());
let guest: GuestInState;

before(async () => {
  guest = await GuestInState.launch(world);
});

test('a guest without an agent is stopped by its power button alone', async () => {
  await heedOnly(guest, 'button');
  const argv = ['sh', '-c', 'rm /usr/sbin/guest-agent && killall qemu-ga'];
  assert.equal((await guest.compute.exec(NAME, { argv, via: 'lane' })).exitCode, 0); // which needs no agent to answer
  await untilAgentIs('disconnected');
  await guest.compute.stop(NAME, { timeoutMs: 300_000 });
  await requireAskedBy(guest, ['button']);
  await guest.compute.start(NAME);
});

test('a guest that does not reboot when it is asked is rebooted hard, and has its data', async () => {
  await heedOnly(guest, 'neither');
  const data = await guest.writeData();
  await guest.compute.reboot(NAME, { timeoutMs: 3000 });
  await guest.requireState('active', 'ACTIVE');
  await guest.requireData(data, 'gone');
});

async function untilAgentIs(wanted: string): Promise<void> {
  const signal = AbortSignal.timeout(60_000);
  while ((await guest.show()).agent !== wanted) signal.throwIfAborted();
}
