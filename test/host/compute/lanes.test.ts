// Lanes over our real server on a unix socket, with a libvirt that only tells of it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Fault } from '../../../src/base/index.ts';
import { Lanes, type LaneTools } from '../../../src/compute/lanes.ts';
import { type LibvirtEvent, Subscription } from '../../../src/libvirt/index.ts';
import { lanePort } from '../../../src/libvirt-xml/index.ts';
import { openStore } from '../../../src/store/index.ts';
import { LaneProgram } from '../../fakes/lane-program.ts';
import { anInstance } from '../../unit/store/an-instance.ts';

const BOUND = { timeout: 240_000 };
const INSTANCE = anInstance({ vmState: 'active' });

interface Host {
  readonly lanes: Lanes;
  /** Keys of leases that are held. */
  readonly leases: () => string[];
  readonly tell: (event: LibvirtEvent) => Promise<void>;
  readonly asked: { starts: number; subscriptions: number };
  /** Whether libvirt takes subscriptions. */
  isAway: boolean;
}

async function aHost(context: TestContext, state: 'connected' | 'disconnected'): Promise<Host> {
  const made = new AsyncDisposableStack();
  context.after(() => made.disposeAsync());
  const program = made.use(await LaneProgram.start());
  const folder = mkdtempSync(join(tmpdir(), 'nvt-lanes-'));
  made.defer(() => rmSync(folder, { recursive: true }));
  const store = made.use(openStore(join(folder, 'novalet.db')));
  const xml = `<domain type='kvm'><devices><channel type='unix'><source mode='bind' path='${program.path}'/>
    <target type='virtio' name='${lanePort(0)}' state='${state}'/></channel></devices></domain>`;
  const subscriptions: Subscription[] = [];
  const asked = { starts: 0, subscriptions: 0 };
  const domain = { xml: async () => xml };
  const connection = {
    domainByUuid: async () => domain,
    subscribe: async () => {
      if (host.isAway) throw new Fault('unavailable', 'LIBVIRT_UNREACHABLE', 'libvirtd is away');
      asked.subscriptions += 1;
      const subscription = new Subscription(async () => undefined, {});
      subscriptions.push(subscription);
      return subscription;
    },
  };
  const refuse = async () => {
    asked.starts += 1;
    throw new Fault('unsupported', 'LANE_SERVER_REFUSED', 'No folder for programs');
  };
  const tools: unknown = {
    libvirt: { domain: async () => domain, control: async () => connection },
    agents: { use: refuse, explained: async (_instance: unknown, error: unknown) => error },
    store,
    log: { debug() {}, info() {}, warn() {} },
  };
  const lanes = made.use(new Lanes(tools as LaneTools));
  const tell = async (event: LibvirtEvent) => {
    for (const subscription of subscriptions) subscription.deliver(event);
    await nextTurn();
  };
  const leases = () => store.leases.list().map(({ key }) => key);
  const host: Host = { lanes, leases, tell, asked, isAway: false };
  return host;
}

function lifecycle(event: string): LibvirtEvent {
  const { id: uuid, domainName: name } = INSTANCE;
  return { kind: 'lifecycle', name, uuid, event, detail: '' } as LibvirtEvent;
}

test(
  'a lane outlives libvirtd: its programs run on, and it is watched again when libvirtd is back',
  BOUND,
  async (context) => {
    const host = await aHost(context, 'connected');
    const road = await host.lanes.road(INSTANCE);
    await using program = await road.spawn({ argv: ['/bin/cat'], stdin: true });
    await host.tell({ kind: 'closed', reason: 'eof' });
    host.isAway = true;
    assert.equal(await host.lanes.road(INSTANCE), road);
    assert.equal(host.asked.subscriptions, 1);
    host.isAway = false;
    assert.equal(await host.lanes.road(INSTANCE), road);
    assert.equal(await host.lanes.road(INSTANCE), road);
    assert.equal(host.asked.subscriptions, 2);
    program.stdin.write('still here');
    assert.equal(String((await once(program.stdout, 'data'))[0]), 'still here');
    await host.tell(lifecycle('stopped'));
    await assert.rejects(program.ended, { code: 'GUEST_STOPPED', outcome: 'unknown' });
  },
);

test('a lane that cannot be watched is not opened, and nothing of it stays', BOUND, async (context) => {
  const host = await aHost(context, 'connected');
  host.isAway = true;
  await assert.rejects(host.lanes.road(INSTANCE), { code: 'LIBVIRT_UNREACHABLE' });
  assert.deepEqual(host.leases(), []);
  host.isAway = false;
  await host.lanes.road(INSTANCE); // the server serves one session at a time: the first one has ended
  assert.deepEqual(host.leases(), [`lane:${INSTANCE.id}:0`]);
});

test(
  'a guest that was stopped while it was paused is not paused when it runs again',
  BOUND,
  async (context) => {
    const host = await aHost(context, 'connected');
    const road = await host.lanes.road(INSTANCE);
    await host.tell(lifecycle('suspended'));
    await assert.rejects(host.lanes.road(INSTANCE), { code: 'INSTANCE_PAUSED' });
    await host.tell(lifecycle('stopped'));
    assert.notEqual(await host.lanes.road(INSTANCE), road);
  },
);

test('a guest that takes no server is not asked again at every call', BOUND, async (context) => {
  const host = await aHost(context, 'disconnected');
  for (let call = 0; call < 3; call += 1)
    await assert.rejects(host.lanes.road(INSTANCE), { code: 'LANE_SERVER_REFUSED' });
  assert.equal(host.asked.starts, 1);
  assert.deepEqual(host.leases(), []);
});
