// Taking a device off a domain that is only told of here: what the guest does, libvirt's events say.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault, isFault } from '../../../../src/base/index.ts';
import { detachDevice } from '../../../../src/compute/devices/detach-device.ts';
import type { Tools } from '../../../../src/compute/tools.ts';
import { type LibvirtEvent, Subscription } from '../../../../src/libvirt/index.ts';
import type { Element } from '../../../../src/libvirt-xml/index.ts';
import { anInstance } from '../../store/an-instance.ts';

const INSTANCE = anInstance({ vmState: 'active' });
const DISK = { what: 'the disk vdb', isIt: ({ name }: Element) => name === 'disk' };
const QUICK = { tries: 3, tryTimeoutMs: 20 };

type Reaction = 'lets-go' | 'refuses' | 'says-nothing' | 'busy' | 'stops' | 'cannot';

interface Guest {
  readonly tools: Tools;
  readonly held: { definition: boolean; live: boolean };
  /** What libvirt was asked for, in order. */
  readonly asked: string[];
}

/** A domain with the disk in both documents, whose guest reacts to each request in turn. */
function aGuest(reactions: readonly Reaction[], { isOff = false, isDefined = true } = {}): Guest {
  const held = { definition: true, live: !isOff };
  const asked: string[] = [];
  const subscriptions = new Set<Subscription>();
  let state = isOff ? 'shutoff' : 'running';
  let next = 0;
  const tell = (event: LibvirtEvent) => {
    for (const subscription of subscriptions) subscription.deliver(event);
  };
  const about = { name: INSTANCE.domainName, uuid: INSTANCE.id };
  const react = (): void => {
    const reaction = reactions[next] ?? 'says-nothing';
    next += 1;
    if (reaction === 'busy') throw new Fault('refused', 'LIBVIRT_FAILED', 'in the process of unplug');
    if (reaction === 'cannot') throw new Fault('unsupported', 'LIBVIRT_UNSUPPORTED', 'cannot be unplugged');
    if (reaction === 'refuses') tell({ kind: 'device-removal-failed', alias: 'virtio-disk1', ...about });
    if (reaction === 'stops') {
      state = 'shutoff';
      tell({ kind: 'lifecycle', event: 'stopped', detail: 'shutdown', ...about });
    }
    if (reaction !== 'lets-go') return;
    held.live = false;
    tell({ kind: 'device-removed', alias: 'other-device', ...about });
    tell({ kind: 'device-removed', alias: 'virtio-disk1', ...about });
  };
  const domain = {
    name: INSTANCE.domainName,
    uuid: INSTANCE.id,
    isPersistent: async () => isDefined,
    state: async () => ({ state, reason: 0 }),
    xml: async ({ inactive = false } = {}) => {
      const disk = `<disk><target dev='vdb'/>${inactive ? '' : "<alias name='virtio-disk1'/>"}</disk>`;
      return `<domain><devices>${(inactive ? held.definition : held.live) ? disk : ''}</devices></domain>`;
    },
    attachDevice: async () => {
      asked.push('define');
      held.definition = true;
    },
    detachDevice: async (_xml: string, { live }: { readonly live?: boolean }) => {
      asked.push(live === true ? 'live' : 'undefine');
      if (live === true) react();
      else held.definition = false;
    },
  };
  const connection = {
    subscribe: async () => {
      const subscription: Subscription = new Subscription(async () => {
        subscriptions.delete(subscription);
      }, {});
      subscriptions.add(subscription);
      return subscription;
    },
  };
  const tools: unknown = {
    libvirt: { findDomain: async () => domain, control: async () => connection },
    log: { debug() {}, info() {}, warn() {} },
  };
  assertTools(tools);
  return { tools, held, asked };
}

function assertTools(value: unknown): asserts value is Tools {
  assert.ok(value !== null);
}

test('a device goes out of the definition first, then out of the guest, when the event names its alias', async () => {
  const { tools, held, asked } = aGuest(['lets-go']);
  await detachDevice(tools, INSTANCE, DISK, QUICK);
  assert.deepEqual(asked, ['undefine', 'live']);
  assert.deepEqual(held, { definition: false, live: false });
});

test('a guest that is off is not asked, and what is not there is fine', async () => {
  const { tools, asked } = aGuest([], { isOff: true });
  await detachDevice(tools, INSTANCE, DISK, QUICK);
  await detachDevice(tools, INSTANCE, DISK, QUICK);
  assert.deepEqual(asked, ['undefine']);
});

test('a guest that says nothing, refuses or is still busy is asked again', async () => {
  const { tools, held, asked } = aGuest(['says-nothing', 'refuses', 'lets-go']);
  await detachDevice(tools, INSTANCE, DISK, QUICK);
  assert.deepEqual(asked, ['undefine', 'live', 'live', 'live']);
  assert.deepEqual(held, { definition: false, live: false });
  const other = aGuest(['busy', 'lets-go']);
  await detachDevice(other.tools, INSTANCE, DISK, QUICK);
  assert.deepEqual(other.asked, ['undefine', 'live', 'live']);
});

test('of a domain that somebody undefined nothing is asked, and the cure is one that its state allows', async () => {
  const undefinedOne = () => aGuest(['lets-go'], { isDefined: false });
  const { tools, held, asked } = undefinedOne();
  await assert.rejects(detachDevice(tools, INSTANCE, DISK, QUICK), {
    code: 'DOMAIN_UNDEFINED',
    hint: `Define it again: novalet reboot --hard ${INSTANCE.name}`,
  });
  assert.deepEqual([held, asked], [{ definition: true, live: true }, []]);
  const resized = { ...INSTANCE, vmState: 'resized' as const };
  await assert.rejects(detachDevice(undefinedOne().tools, resized, DISK, QUICK), {
    hint: `Say which first: novalet resize ${INSTANCE.name} --confirm, or --revert; then novalet reboot --hard ${INSTANCE.name} defines it again.`,
  });
});

test('a guest that stops meanwhile has it no more', async () => {
  const { tools, held } = aGuest(['stops']);
  await detachDevice(tools, INSTANCE, DISK, QUICK);
  assert.equal(held.definition, false);
});

test('a guest that keeps it leaves all as it was, and the fault says how', async () => {
  for (const [reactions, code, outcome] of [
    [[], 'DEVICE_NOT_DETACHED', 'unknown'],
    [['refuses', 'refuses', 'refuses'], 'DEVICE_DETACH_REFUSED', 'not-done'],
    [['cannot'], 'LIBVIRT_UNSUPPORTED', 'not-done'],
    [['busy', 'busy'], 'LIBVIRT_FAILED', 'not-done'],
  ] as const) {
    const { tools, held, asked } = aGuest(reactions);
    await assert.rejects(
      detachDevice(tools, INSTANCE, DISK, QUICK),
      (error) => isFault(error, code) && error.outcome === outcome,
      code,
    );
    assert.deepEqual(held, { definition: true, live: true });
    assert.equal(asked.at(-1), 'define');
  }
});
