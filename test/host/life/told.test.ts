// What every action tells while it lasts, of a real guest: its steps, each with an end, and how far it is where it waits.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { MIB } from '../../../src/base/index.ts';
import type { ActOptions, Compute, ProgressEvent } from '../../../src/compute/index.ts';
import { openStore } from '../../../src/store/index.ts';
import { World } from '../support/world.ts';
import { heedOnly } from './deaf-guest.ts';
import { GuestInState, NAME } from './guest-in-state.ts';

const world = await World.make();
after(() => world[Symbol.asyncDispose]());
let guest: GuestInState;
let compute: Compute;

before(async () => {
  guest = await GuestInState.launch(world);
  compute = guest.compute;
});

type Act = (options: ActOptions) => Promise<unknown>;

/** The steps in the order of their beginnings, each of which has ended. */
async function stepsOf(act: Act): Promise<readonly string[]> {
  const events = await eventsOf(act);
  const begun = events.filter(({ phase }) => phase === 'begin').map(({ step }) => step);
  const ended = events.filter(({ phase }) => phase === 'end').map(({ step }) => step);
  assert.deepEqual(begun.toSorted(), ended.toSorted());
  return begun;
}

async function eventsOf(act: Act): Promise<readonly ProgressEvent[]> {
  const events: ProgressEvent[] = [];
  await act({ onProgress: (event) => void events.push(event) });
  return events;
}

test('stopping a guest that heeds nobody tells of its agent, each press of the power button and the plug, with the seconds left', async () => {
  await heedOnly(guest, 'neither');
  const events = await eventsOf((options) => compute.stop(NAME, { ...options, timeoutMs: 9000 }));
  const words = [...new Set(events.map(({ what }) => what))];
  assert.deepEqual(words, [
    'waiting for the guest to power off',
    'asking its agent to power the guest off',
    'pressing the power button',
    'pressing the power button, for the 2. time',
    'pulling the plug',
  ]);
  const left = events
    .filter(({ step, unit }) => step === 'shutdown' && unit === 'seconds')
    .map(({ done = 0, total = 0 }) => total - done);
  assert.ok(left.length >= 3);
  assert.deepEqual(
    left,
    left.toSorted((one, other) => other - one),
  );
  assert.ok(left.every((seconds) => seconds >= 0 && seconds <= 9));
});

test('every action on an instance tells its steps, and that each is over', async () => {
  const place = join(world.stateDir, 'web.export');
  const acts: readonly (readonly [string, Act, readonly string[]])[] = [
    ['start', (options) => compute.start(NAME, options), ['start-domain']],
    ['wait', (options) => compute.waitFor(NAME, { kind: 'agent' }, options), ['wait']],
    ['pause', (options) => compute.pause(NAME, options), ['pause']],
    ['unpause', (options) => compute.unpause(NAME, options), ['unpause', 'clock']],
    ['suspend', (options) => compute.suspend(NAME, options), ['memory']],
    ['resume', (options) => compute.resume(NAME, options), ['memory', 'clock']],
    ['attach', attach, ['disk-file', 'disk-record', 'disk-plug']],
    ['detach', detach, ['disk-unplug', 'let-go', 'disk-forget']],
    ['reboot', (options) => compute.reboot(NAME, options), ['reboot']],
    ['reboot --hard', hardReboot, ['plug', 'start-domain']],
    ['shelve', (options) => compute.shelve(NAME, { ...options, force: true }), ['plug', 'forget-domain']],
    ['unshelve', (options) => compute.unshelve(NAME, options), ['start-domain']],
    ['stop --force', (options) => compute.stop(NAME, { ...options, force: true }), ['plug']],
    ['export', (options) => compute.exportInstance(NAME, { to: place }, options), EXPORT],
    ['delete', (options) => compute.delete(NAME, options), ['forget-domain', 'remove-files']],
  ];
  for (const [name, act, expected] of acts) {
    if (name === 'reboot') await compute.waitFor(NAME, { kind: 'agent' });
    assert.deepEqual(await stepsOf(act), expected, name);
  }
});

const EXPORT = [
  'copy-disk',
  ...['manifest.json', 'guest-input.json', 'disks/disk', 'disks/disk.config', 'kernel', 'ramdisk'].map(
    (name) => `write-${name}`,
  ),
];

async function attach(options: ActOptions): Promise<void> {
  await compute.disks.attach(NAME, { source: { kind: 'new', sizeBytes: MIB } }, options);
}

async function detach(options: ActOptions): Promise<void> {
  const disk = (await compute.disks.list(NAME)).at(-1);
  await compute.disks.detach(NAME, disk?.target ?? '', options);
}

async function hardReboot(options: ActOptions): Promise<void> {
  await compute.reboot(NAME, { ...options, hard: true });
  await compute.waitFor(NAME, { kind: 'agent' });
}

test('who waits for another command on the same instance is told which', async () => {
  await compute.launch({ image: 'minimal', name: NAME });
  await compute.stop(NAME, { force: true });
  using store = openStore(join(world.stateDir, 'state', 'novalet.db'));
  const lease = store.leases.acquire(`instance:${store.instances.find(NAME).id}`, 'export');
  const events: ProgressEvent[] = [];
  const onProgress = (event: ProgressEvent) => {
    events.push(event);
    lease.release();
  };
  await compute.delete(NAME, { onProgress });
  const what = `waiting for process ${process.pid}, which is at export`;
  assert.deepEqual(events.slice(0, 2), [
    { step: 'wait-for-turn', phase: 'begin', what },
    { step: 'wait-for-turn', phase: 'end', what },
  ]);
});
