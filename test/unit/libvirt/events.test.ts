import assert from 'node:assert/strict';
import test from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import { type LibvirtEvent, Subscription } from '../../../src/libvirt/events.ts';

const REBOOT = {
  name: 'a',
  uuid: 'u',
  first: 0,
  second: 0,
  alias: '',
  text: '',
  params: {},
  lost: false,
  kind: 1,
};

/** A subscription, and how often it was ended. */
function subscription(options: ConstructorParameters<typeof Subscription>[1] = {}) {
  const seen = { ended: 0 };
  const events = new Subscription(async () => {
    seen.ended += 1;
  }, options);
  return { events, seen };
}

test('numbers become words, event by event', async () => {
  const { events } = subscription();
  events.listener({ ...REBOOT, kind: 0, first: 5, second: 1 });
  events.listener(REBOOT);
  events.listener({ ...REBOOT, kind: 2, alias: 'net0' });
  events.listener({ ...REBOOT, kind: 3, first: 1, second: 2 });
  events.listener({ ...REBOOT, kind: 4, first: 1 });
  const read: LibvirtEvent[] = [];
  for await (const event of events) read.push(event);
  const domain = { name: 'a', uuid: 'u' };
  assert.deepEqual(read, [
    { kind: 'lifecycle', ...domain, event: 'stopped', detail: 'destroyed' },
    { kind: 'reboot', ...domain },
    { kind: 'device-removed', ...domain, alias: 'net0' },
    { kind: 'agent-lifecycle', ...domain, state: 'connected', reason: 'channel' },
    { kind: 'closed', reason: 'eof' },
  ]);
});

test('what happens to devices, disks and jobs is told in words', async () => {
  const { events } = subscription();
  events.listener({ ...REBOOT, kind: 5, alias: 'net1' });
  events.listener({ ...REBOOT, kind: 6, alias: 'net1' });
  events.listener({ ...REBOOT, kind: 7, alias: 'vda', first: 4, second: 3 });
  events.listener({ ...REBOOT, kind: 7, alias: 'vdb', first: 99, second: 99 });
  events.listener({ ...REBOOT, kind: 8, params: { operation: 9, success: true } });
  events.listener({ ...REBOOT, kind: 8 });
  events.listener({ ...REBOOT, kind: 9, first: 2 });
  events.listener({ ...REBOOT, kind: 10, alias: 'virtio-disk0', first: 1, text: 'enospc' });
  events.listener({ ...REBOOT, kind: 11 });
  events.listener({ ...REBOOT, kind: 12, alias: 'sata0-0-0', first: 1 });
  events.listener({ ...REBOOT, kind: 4, first: 3 });
  const read: LibvirtEvent[] = [];
  for await (const event of events) read.push(event);
  const domain = { name: 'a', uuid: 'u' };
  assert.deepEqual(read, [
    { kind: 'device-added', ...domain, alias: 'net1' },
    { kind: 'device-removal-failed', ...domain, alias: 'net1' },
    { kind: 'block-job', ...domain, disk: 'vda', type: 'active-commit', status: 'ready' },
    { kind: 'block-job', ...domain, disk: 'vdb', type: 'unknown', status: 'unknown' },
    { kind: 'job-completed', ...domain, operation: 'backup', params: { operation: 9, success: true } },
    { kind: 'job-completed', ...domain, operation: 'unknown', params: {} },
    { kind: 'watchdog', ...domain, action: 'reset' },
    { kind: 'io-error', ...domain, alias: 'virtio-disk0', action: 'pause', reason: 'enospc' },
    { kind: 'control-error', ...domain },
    { kind: 'tray-change', ...domain, alias: 'sata0-0-0', change: 'close' },
    { kind: 'closed', reason: 'client' },
  ]);
});

test('readers that wait are served in order, and released at the end', async () => {
  const { events, seen } = subscription();
  const [first, second, third] = [events.next(), events.next(), events.next()];
  events.listener(REBOOT);
  events.listener({ ...REBOOT, name: 'b' });
  assert.equal((await first).value?.kind, 'reboot');
  assert.deepEqual((await second).value, { kind: 'reboot', name: 'b', uuid: 'u' });
  await events[Symbol.asyncDispose]();
  assert.equal((await third).done, true);
  assert.ok(seen.ended > 0);
  events.listener(REBOOT); // nobody hears it
  assert.equal((await events.next()).done, true);
});

test('a loss is told once, after what was kept', async () => {
  const { events, seen } = subscription({ maxUnread: 1 });
  events.listener(REBOOT);
  events.listener(REBOOT);
  events.listener(REBOOT);
  assert.equal((await events.next()).done, false);
  await assert.rejects(events.next(), (error) => isFault(error, 'LIBVIRT_EVENTS_LOST'));
  assert.equal((await events.next()).done, true);
  assert.equal(seen.ended, 1);
});

test('a loss on the way from libvirt ends the subscription too', async () => {
  const { events } = subscription();
  events.listener({ ...REBOOT, lost: true });
  await assert.rejects(events.next(), (error) => isFault(error, 'LIBVIRT_EVENTS_LOST'));
});

test('a signal rejects the reader that waits', async () => {
  const stop = new AbortController();
  const { events } = subscription({ signal: stop.signal });
  const waiting = events.next();
  stop.abort();
  await assert.rejects(waiting, (error) => isFault(error, 'CANCELLED'));
});
