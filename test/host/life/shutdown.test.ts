// The roads that stop a guest: its agent, its power button, the plug. One that does not heed a road is stopped by the next.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openStore } from '../../../src/store/index.ts';
import { World } from '../support/world.ts';
import { GuestInState, NAME } from './guest-in-state.ts';

const world = await World.make();
after(() => world[Symbol.asyncDispose]());
let guest: GuestInState;

before(async () => {
  guest = await GuestInState.launch(world);
});

/** What both the agent and the power button run in the minimal guest; it says on the console by whom, and heeds one or neither. */
async function heedOnly(road: 'agent' | 'button' | 'neither'): Promise<void> {
  await guest.compute.waitFor(NAME, { kind: 'agent' }, { timeoutMs: 120_000 });
  const act = (heeded: boolean) => (heeded ? 'sync; poweroff -f' : 'exit 0');
  await guest.sh(`cat >/usr/sbin/shutdown <<'END'
#!/bin/sh
case $1 in
  -h) echo asked-by-agent >/dev/ttyS0; ${act(road === 'agent')} ;;
  *) echo asked-by-button >/dev/ttyS0; ${act(road === 'button')} ;;
esac
END
chmod 755 /usr/sbin/shutdown`);
}

/** In the order in which the guest was asked since it booted, without repetitions. */
async function askedBy(): Promise<readonly string[]> {
  const text = (await (await guest.compute.consoleLog(NAME)).read(1_000_000)).toString('latin1');
  const boots = text.split('Linux version');
  return [
    ...new Set([...(boots.at(-1) ?? '').matchAll(/asked-by-(agent|button)/g)].map(([, road = '']) => road)),
  ];
}

test('a guest that heeds its agent is asked by nobody else', async () => {
  await heedOnly('agent');
  await guest.compute.stop(NAME, { timeoutMs: 300_000 });
  await guest.requireState('stopped', 'SHUTOFF');
  assert.deepEqual(await askedBy(), ['agent']);
  await guest.compute.start(NAME);
});

test('a guest whose agent takes the request and does nothing is stopped by its power button', async () => {
  await heedOnly('button');
  await guest.compute.stop(NAME, { timeoutMs: 300_000 });
  await guest.requireState('stopped', 'SHUTOFF');
  assert.deepEqual(await askedBy(), ['agent', 'button']);
  await guest.compute.start(NAME);
});

test('a guest without an agent is stopped by its power button alone', async () => {
  await heedOnly('button');
  await guest.sh(
    '(sleep 1; rm /usr/sbin/guest-agent; killall qemu-ga guest-agent) >/dev/null 2>&1 </dev/null &',
  );
  await untilAgentIs('disconnected');
  await guest.compute.stop(NAME, { timeoutMs: 300_000 });
  assert.deepEqual(await askedBy(), ['button']);
  await guest.compute.start(NAME);
});

test("a guest that heeds nobody is switched off when its image's time is over", async () => {
  await heedOnly('neither');
  using store = openStore(join(world.stateDir, 'state', 'novalet.db'));
  const { id } = store.instances.find(NAME);
  store.instances.change(id, (current) => ({
    ...current,
    image: { ...current.image, properties: { ...current.image.properties, os_shutdown_timeout: '9' } },
  }));
  const began = performance.now();
  await guest.compute.stop(NAME);
  assert.ok(performance.now() - began >= 9000);
  await guest.requireState('stopped', 'SHUTOFF');
  assert.deepEqual(await askedBy(), ['agent', 'button']);
  await guest.compute.start(NAME);
});

test('a guest that does not reboot when it is asked is rebooted hard, and has its data', async () => {
  await heedOnly('neither');
  const data = await guest.writeData();
  await guest.compute.reboot(NAME, { timeoutMs: 3000 });
  await guest.requireState('active', 'ACTIVE');
  await guest.requireData(data, 'gone');
});

async function untilAgentIs(wanted: string): Promise<void> {
  const signal = AbortSignal.timeout(60_000);
  while ((await guest.show()).agent !== wanted) signal.throwIfAborted();
}
