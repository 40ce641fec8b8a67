// Which lanes stay plugged in, and until when a lease is held: a libvirt that only tells of it, and the real leases.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { leaveLanePort, takeLanePort } from '../../../src/compute/lane-port.ts';
import { Subscription } from '../../../src/libvirt/index.ts';
import { laneNumber, lanePort } from '../../../src/libvirt-xml/index.ts';
import { openStore } from '../../../src/store/index.ts';
import { anInstance } from '../store/an-instance.ts';

const INSTANCE = anInstance({ vmState: 'active' });

/** A port goes when `remove` is called, or as soon as that is asked for. */
function aHost(context: TestContext, isQuick = false) {
  const folder = mkdtempSync(join(tmpdir(), 'nvt-lane-port-'));
  const store = openStore(join(folder, 'novalet.db'));
  context.after(() => {
    store[Symbol.dispose]();
    rmSync(folder, { recursive: true });
  });
  const plugged = new Set([0]);
  const asked: string[] = [];
  const removals: number[] = [];
  const subscriptions: Subscription[] = [];
  const numberIn = (xml: string) => laneNumber(/name="([^"]+)"/.exec(xml)?.[1] ?? '') ?? Number.NaN;
  const channels = () =>
    [...plugged].map(
      (number) =>
        `<channel type='unix'><source mode='bind' path='/lane/${number}'/><target type='virtio' name='${lanePort(number)}'/></channel>`,
    );
  const domain = {
    uuid: INSTANCE.id,
    name: INSTANCE.domainName,
    xml: async () => `<domain type='kvm'><devices>${channels().join('')}</devices></domain>`,
    attachDevice: async (xml: string) => {
      asked.push(`+${numberIn(xml)}`);
      plugged.add(numberIn(xml));
    },
    detachDevice: async (xml: string) => {
      asked.push(`-${numberIn(xml)}`);
      removals.push(numberIn(xml));
      if (isQuick) remove();
    },
  };
  const connection = {
    subscribe: async () => {
      const subscription = new Subscription(async () => undefined, {});
      subscriptions.push(subscription);
      return subscription;
    },
  };
  const { leases } = store;
  const place = { instance: INSTANCE, connection, domain, leases } as Parameters<typeof leaveLanePort>[0];
  const take = () => takeLanePort(INSTANCE, domain as unknown as Parameters<typeof takeLanePort>[1], leases);
  /** QEMU has let go of what libvirt was asked to remove. */
  const remove = () => {
    for (const number of removals.splice(0)) plugged.delete(number);
    const { id: uuid, domainName: name } = INSTANCE;
    for (const one of subscriptions) one.deliver({ kind: 'device-removed', name, uuid, alias: 'channel' });
  };
  const held = () => leases.list().map(({ key }) => Number(key.split(':').at(-1)));
  return { place, take, remove, removals, plugged, asked, held };
}

test('beside a process that keeps the first lane, the next calls find one ready and plug nothing', async (context) => {
  const { place, take, plugged, asked, held } = aHost(context);
  await take();
  for (let call = 0; call < 3; call += 1) {
    const port = await take();
    assert.equal(port.number, 1);
    await leaveLanePort(place, port);
    assert.deepEqual(held(), [0]);
  }
  assert.deepEqual([asked, [...plugged]], [['+1'], [0, 1]]);
});

test('a lease is given back only when its port is gone', async (context) => {
  const { place, take, remove, removals, plugged, held } = aHost(context);
  const first = await take();
  const second = await take();
  await leaveLanePort(place, first);
  const leaving = leaveLanePort(place, second);
  while (removals.length === 0) await nextTurn();
  await nextTurn();
  assert.deepEqual(held(), [1]);
  remove();
  await leaving;
  assert.deepEqual([held(), [...plugged]], [[], [0]]);
});

test('of many lanes that are left one stays, also where a process died that had one above', async (context) => {
  const { place, take, plugged, asked, held } = aHost(context, true);
  await take();
  const ports = [await take(), await take(), await take()];
  for (const port of ports.toReversed()) await leaveLanePort(place, port);
  assert.deepEqual([held(), [...plugged], asked.slice(3)], [[0], [0, 1], ['-3', '-2']]);
  plugged.add(7); // nobody's
  await leaveLanePort(place, await take());
  assert.deepEqual([...plugged], [0, 1]);
});

test('who has the only lane asks libvirt nothing at its end', async (context) => {
  const { place, take, held } = aHost(context);
  const port = await take();
  const xml = async () => assert.fail('asked');
  await leaveLanePort({ ...place, domain: { ...place.domain, xml } }, port);
  assert.deepEqual(held(), []);
});
