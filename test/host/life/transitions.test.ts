// What the table of transitions does not list is refused, by every action and in every state, and nothing changes.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { loadSettings } from '../../../src/app/configuration.ts';
import { isFault } from '../../../src/base/index.ts';
import { inStage } from '../../../src/compute/life/in-stage.ts';
import { closeTools, makeTools } from '../../../src/compute/make-tools.ts';
import { statePaths } from '../../../src/compute/paths.ts';
import { type Action, mayBegin, TRANSITIONS, VM_STATES, type VmState } from '../../../src/model/index.ts';
import { openStore } from '../../../src/store/index.ts';
import { World } from '../support/world.ts';
import { ACTION_CALLS } from './action-calls.ts';
import { GuestInState, NAME } from './guest-in-state.ts';

const world = await World.make();
after(() => world[Symbol.asyncDispose]());
let guest: GuestInState;

before(async () => {
  guest = await GuestInState.launch(world);
});

test('a stage that ends too late tells where the guest stands', async () => {
  const { instance } = await guest.show();
  // It has its address by the time that it says so.
  await guest.sh(
    'until ip address show dev eth0 | grep -q "inet "; do sleep 1; done; echo here I stand >/dev/ttyS0',
  );
  // What it wrote is in the log when libvirt's logger has come to it.
  const written = await guest.compute.consoleLog(NAME);
  while (!(await written.read(100_000)).includes('here I stand'));
  const settings = await loadSettings({ configFile: world.configFile, env: process.env, uid: 0 });
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined };
  const tools = makeTools(settings, openStore(statePaths(settings.stateDir).database), { log, version: '0' });
  try {
    const stage = { stage: 'what never comes', timeoutMs: 1 };
    const never = () => Promise.withResolvers<never>().promise;
    await assert.rejects(inStage(tools, instance, stage, never), (error) => {
      assert.ok(isFault(error, 'STAGE_TIMEOUT'));
      const { console: said, ...rest } = error.details;
      const lease = instance.ports[0]?.fixedIps[0]?.address;
      assert.deepEqual(rest, { ...stage, power: 'running', agent: 'connected', lease, job: 'none' });
      assert.match(String(said), /here I stand/);
      return true;
    });
  } finally {
    await closeTools(tools);
  }
});

test('a wait that runs out tells it too, to people under the message', async () => {
  const { status, stderr } = await world.novalet(['wait', NAME, 'SHUTOFF', '--timeout', '0.2']);
  assert.equal(status, 124);
  assert.match(
    stderr,
    /\[WAIT_TIMEOUT\]\n[\s\S]* {2}power: running\n {2}agent: connected\n[\s\S]* {2}console:\n {4}\| /,
  );
});

test('what is changed of the metadata and the name, the guest would be told the next moment', async () => {
  const told = async () => {
    const documents = await guest.compute.documents.openStack(NAME);
    const text = Buffer.from(documents.get('openstack/latest/meta_data.json') ?? []).toString('utf8');
    const { name, meta } = JSON.parse(text) as { name: string; meta: Record<string, string> };
    return { name, meta };
  };
  await guest.compute.change(NAME, { metadata: { role: null, colour: 'blue' }, addTags: ['seen'] });
  assert.deepEqual(await told(), { name: NAME, meta: { colour: 'blue' } });
  const { id, hostname, domainName } = (await guest.show()).instance;
  const renamed = await guest.compute.rename(NAME, 'other');
  assert.deepEqual([renamed.hostname, renamed.domainName], [hostname, domainName]);
  await assert.rejects(guest.show(), (error) => isFault(error, 'INSTANCE_NOT_FOUND'));
  await guest.compute.rename(id, NAME);
  assert.equal((await told()).name, NAME);
});

/** How the guest gets from the state before into each of these; what it is in the other states, the record alone says. */
const REAL: readonly (readonly [VmState, () => Promise<unknown>])[] = [
  ['active', async () => undefined],
  ['paused', () => guest.compute.pause(NAME)],
  [
    'suspended',
    async () => {
      await guest.compute.unpause(NAME);
      await guest.compute.suspend(NAME);
    },
  ],
  [
    'stopped',
    async () => {
      await guest.compute.resume(NAME);
      await guest.compute.stop(NAME, { force: true });
    },
  ],
];

for (const [state, enter] of REAL) {
  test(`what may not begin while it is really ${state} is refused, and leaves it so`, async () => {
    await enter();
    await requireRefusals(state);
  });
}

for (const state of VM_STATES.filter((each) => !REAL.some(([real]) => real === each))) {
  test(`what may not begin in the recorded state ${state} is refused, and leaves it so`, async () => {
    guest.record(state);
    await requireRefusals(state);
  });
}

test('in every state a lock, a name, metadata and tags may be changed', async () => {
  const { id } = (await guest.show()).instance;
  for (const state of TRANSITIONS['change-record']) {
    guest.record(state);
    await guest.compute.lock(NAME);
    await guest.compute.unlock(NAME);
    await guest.compute.rename(NAME, 'other');
    await guest.compute.rename(id, NAME);
    const changed = await guest.compute.change(NAME, { addTags: [state] });
    assert.ok(changed.tags.includes(state));
  }
});

test('what a lock keeps from beginning is refused with its reason; it is taken off, and all goes again', async () => {
  guest.record('stopped');
  await guest.compute.lock(NAME, { reason: 'in the books' });
  for (const call of [
    () => guest.compute.start(NAME),
    () => guest.compute.delete(NAME),
    () => guest.compute.rename(NAME, 'other'),
    () => guest.compute.change(NAME, { addTags: ['blue'] }),
  ]) {
    await assert.rejects(
      call,
      (error) => isFault(error, 'INSTANCE_LOCKED') && /in the books/.test(error.message),
    );
  }
  await guest.compute.unlock(NAME);
  assert.ok((await guest.compute.change(NAME, { addTags: ['blue'] })).tags.includes('blue'));
});

async function requireRefusals(state: VmState): Promise<void> {
  const before = await guest.show();
  assert.equal(before.instance.vmState, state);
  const refused: Action[] = [];
  for (const [action, call] of Object.entries(ACTION_CALLS) as [Action, (typeof ACTION_CALLS)[Action]][]) {
    if (mayBegin(action, state) || call === undefined) continue;
    await assert.rejects(
      call(guest.compute, NAME),
      (error) => isFault(error, 'INSTANCE_STATE_CONFLICT') && error.details['state'] === state,
      `${action} while it is ${state}`,
    );
    refused.push(action);
  }
  assert.notEqual(refused.length, 0);
  assert.deepEqual(await guest.show(), before);
}
