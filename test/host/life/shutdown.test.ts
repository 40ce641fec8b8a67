// The roads that stop a guest: its agent, its power button, the plug. One that does not heed a road is stopped by the next.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runProgram } from '../../../src/hostlink/index.ts';
import { openStore } from '../../../src/store/index.ts';
import { World } from '../support/world.ts';
import { heedOnly, requireAskedBy } from './deaf-guest.ts';
import { GuestInState, NAME } from './guest-in-state.ts';

const world = await World.make();
after(() => world[Symbol.asyncDispose]());
let guest: GuestInState;

before(async () => {
  guest = await GuestInState.launch(world);
});

test('a guest that heeds its agent is asked by nobody else', async () => {
  await heedOnly(guest, 'agent');
  await guest.compute.stop(NAME, { timeoutMs: 300_000 });
  await guest.requireState('stopped', 'SHUTOFF');
  await requireAskedBy(guest, ['agent']);
  await guest.compute.start(NAME);
});

test('a guest whose agent takes the request and does nothing is stopped by its power button', async () => {
  await heedOnly(guest, 'button');
  await guest.compute.stop(NAME, { timeoutMs: 300_000 });
  await guest.requireState('stopped', 'SHUTOFF');
  await requireAskedBy(guest, ['agent', 'button']);
  await guest.compute.start(NAME);
});

test('a guest that goes off where it was to reboot is started at once', async () => {
  await heedOnly(guest, 'neither');
  const data = await guest.writeData();
  const { domainName } = (await guest.show()).instance;
  let plug: Promise<unknown> | undefined;
  const onProgress = ({ what }: { readonly what: string }) => {
    if (/asking its agent to reboot/.test(what))
      plug ??= runProgram('virsh', ['-c', 'qemu:///system', 'destroy', domainName]);
  };
  await guest.compute.reboot(NAME, { timeoutMs: 3_000_000, onProgress });
  assert.ok(plug !== undefined);
  await plug;
  await guest.requireState('active', 'ACTIVE');
  await guest.requireData(data, 'gone');
});

test("a guest that heeds nobody is switched off when its image's time is over", async () => {
  await heedOnly(guest, 'neither');
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
  await requireAskedBy(guest, ['agent', 'button']);
});
