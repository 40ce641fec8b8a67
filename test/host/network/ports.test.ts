// Ports of their own name through the life of an instance: whoever has one has its MAC address and its address, and whatever
// ends that leaves the port as it was.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import type { Compute, PortView } from '../../../src/compute/index.ts';
import { openConnection } from '../../../src/libvirt/index.ts';
import { tapName } from '../../../src/model/index.ts';
import { leasesOf } from '../../../src/network/index.ts';
import { PACKAGE, World } from '../support/world.ts';

const BOUND = { timeout: 240_000 };
const world = await World.make();
after(() => world[Symbol.asyncDispose]());
const [lab, quiet] = [`${world.prefix}-lab`, `${world.prefix}-quiet`];
let compute: Compute;
let front: PortView;
let side: PortView;
before(async () => {
  await world.minimalImage();
  compute = await world.compute();
  await compute.networks.create({ name: lab });
  await compute.networks.create({ name: quiet, forward: 'none' });
  front = await compute.ports.create({ name: 'front', network: lab });
  side = await compute.ports.create({ name: 'side', network: quiet });
});

async function refused(code: string, work: Promise<unknown>): Promise<string> {
  let message = '';
  await assert.rejects(work, (error) => {
    if (!isFault(error, code)) return false;
    message = error.message;
    return true;
  });
  return message;
}

async function inGuest(script: string): Promise<string> {
  const { stdout } = await compute.exec('vm', { argv: ['sh', '-c', script], timeoutMs: 60_000 });
  return stdout.toString().trim();
}

function addressOf({ addresses }: PortView): string {
  return addresses[0]?.address ?? assert.fail('a port without an address');
}

/** The ports as they were made, and who has each now. */
async function assertHeld(holders: { readonly front: string | null; readonly side: string | null }) {
  const seen = await compute.ports.list();
  const names = seen.map(({ name, instance }) => [name, instance?.name ?? null]);
  assert.deepEqual(Object.fromEntries(names), holders);
  assert.deepEqual(
    seen.map((port) => ({ ...port, instance: null })),
    [front, side],
  );
}

/** What the instance has of the ports: id, tap, MAC address and address of each card. */
async function assertCards(ref: string, ports: readonly PortView[]): Promise<void> {
  const { instance } = await compute.show(ref);
  assert.deepEqual(
    instance.ports.map(({ id, deviceName, mac, fixedIps }) => ({ id, deviceName, mac, fixedIps })),
    ports.map(({ id, mac, addresses }) => ({ id, deviceName: tapName(id), mac, fixedIps: addresses })),
  );
}

test(
  'a launch with ports has their cards, and dnsmasq gives the guest the addresses that are kept',
  BOUND,
  async () => {
    await compute.launch({ image: 'minimal', name: 'vm', networks: [{ port: 'front' }, { port: side.id }] });
    await assertCards('vm', [front, side]);
    await assertHeld({ front: 'vm', side: 'vm' });
    await compute.waitFor('vm', { kind: 'agent' }, { timeoutMs: 120_000 });
    await inGuest(`until ip -4 addr | grep -qF ${addressOf(front)}/; do sleep 0.1; done`);
    await using connection = await openConnection('qemu:///system');
    const leases = await leasesOf(connection, lab, [front.mac]);
    assert.deepEqual(
      leases.map(({ address }) => address),
      [addressOf(front)],
    );
  },
);

test(
  'no way out leads over an isolated network, whose address the guest has all the same',
  BOUND,
  async () => {
    const card = `$(dirname $(grep -lF ${side.mac} /sys/class/net/*/address))`;
    await inGuest(`n=${card}; n=\${n##*/}; ip link set $n up; udhcpc -i $n -n -q >/dev/null 2>&1
    until ip -4 addr show $n | grep -qF ${addressOf(side)}/; do sleep 0.1; done`);
    const routes = await inGuest('ip route | grep ^default');
    const { gateway } = await compute.networks.show(lab);
    assert.match(routes, new RegExp(`^default via ${gateway} `));
    assert.equal(routes.split('\n').length, 1, routes);
  },
);

test(
  'a guest of the metadata service may be on any network that keeps its address, and on no other',
  BOUND,
  async () => {
    const request = { image: 'minimal', configDrive: false, datasource: 'openstack' } as const;
    for (const networks of [[{ network: lab }], [{}]]) {
      const { instance } = await compute.planLaunch({ ...request, networks });
      assert.equal(instance.ports[0]?.fixedIps.length, 1);
    }
    const bridge = (await compute.networks.show(lab)).bridge ?? assert.fail();
    await refused(
      'METADATA_NETWORK_NEEDED',
      compute.planLaunch({ ...request, networks: [{ network: bridge }] }),
    );
  },
);

test(
  'a port and a network that an instance has are neither removed nor given to another',
  BOUND,
  async () => {
    assert.match(
      await refused('PORT_IN_USE', compute.ports.remove('front')),
      /Instance vm has the port front/,
    );
    await refused('PORT_IN_USE', compute.planLaunch({ image: 'minimal', networks: [{ port: 'front' }] }));
    await refused('PORT_IN_USE', compute.launch({ image: 'minimal', networks: [{ port: 'front' }] }));
    await refused('PORT_IN_USE', compute.interfaces.attach('vm', { port: 'front' }));
    assert.match(
      await refused('NETWORK_IN_USE', compute.networks.remove(lab)),
      /by instance vm, port front$/,
    );
    await assertHeld({ front: 'vm', side: 'vm' });
  },
);

test('detached while the guest runs, the port stays, and comes back with the same card', BOUND, async () => {
  const detached = await world.novalet(['interface', 'detach', 'vm', 'side']);
  assert.equal(detached.status, 0, detached.stderr);
  await assertHeld({ front: 'vm', side: null });
  await refused('NETWORK_REQUEST_INVALID', compute.interfaces.attach('vm', { port: 'side', network: quiet }));
  const attached = await world.novalet(['interface', 'attach', 'vm', '--port', 'side', '-o', 'json']);
  assert.equal(attached.status, 0, attached.stderr);
  const { id, mac, inside } = JSON.parse(attached.stdout);
  assert.deepEqual([id, mac, inside.state], [side.id, side.mac, 'configured']);
  assert.ok(inside.addresses.includes(`${addressOf(side)}/24`), attached.stdout);
  await assertHeld({ front: 'vm', side: 'vm' });
});

test(
  'another size, another root disk and a shelf keep the ports, and a clone has cards of its own',
  BOUND,
  async () => {
    await compute.stop('vm', { force: true });
    await compute.flavors.create({
      ...(await compute.flavors.show('m1.tiny')),
      name: 'more',
      memoryMiB: 640,
    });
    await compute.resize('vm', { flavor: 'more' });
    await compute.confirmResize('vm');
    await compute.rebuild('vm', {});
    await compute.shelve('vm', { offload: true });
    await assertCards('vm', [front, side]);
    await using connection = await openConnection('qemu:///system');
    const network = await connection.networkByName(quiet);
    await network.destroy();
    const planned = await compute.planLaunch({ image: 'minimal', networks: [{ network: quiet }] });
    assert.deepEqual([planned.instance.ports.length, await network.isActive()], [1, false]);
    await compute.unshelve('vm');
    assert.equal(await network.isActive(), true, 'who starts the instance starts its networks');
    await assertCards('vm', [front, side]);
    await compute.stop('vm', { force: true });
    const { instance: clone } = await compute.clone('vm', { name: 'twin', start: false });
    const known = [front, side].flatMap(({ id, mac, addresses }) => [id, mac, addresses[0]?.address]);
    assert.equal(clone.ports.length, 2);
    for (const { id, mac, fixedIps } of clone.ports)
      for (const one of [id, mac, fixedIps[0]?.address]) assert.ok(!known.includes(one), `${one}`);
    await assertHeld({ front: 'vm', side: 'vm' });
    await compute.delete('twin');
  },
);

test(
  'an instance that goes leaves its ports, and one that comes back with its id takes them again',
  BOUND,
  async () => {
    const file = join(world.stateDir, 'vm.tar');
    await compute.exportInstance('vm', { to: file });
    await compute.delete('vm');
    await assertHeld({ front: null, side: null });
    const copy = await compute.importInstance({ from: file, name: 'copy' });
    assert.ok(copy.ports.every(({ mac }) => mac !== front.mac && mac !== side.mac));
    await compute.delete('copy');
    await compute.importInstance({ from: file, keepId: true });
    await assertCards('vm', [front, side]);
    await assertHeld({ front: 'vm', side: 'vm' });
    await compute.delete('vm');
    await assertHeld({ front: null, side: null });
  },
);

test('a launch that is killed or fails lets go of its port', BOUND, async () => {
  await world.closeCompute();
  const program = join(PACKAGE, 'test', 'host', 'network', 'port-and-die.ts');
  const child = spawn(process.execPath, [program, world.configFile, 'front'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: 120_000,
  });
  assert.deepEqual(await once(child, 'close'), [null, 'SIGKILL']);
  compute = await world.compute();
  assert.deepEqual(await compute.list(), []);
  await assertHeld({ front: null, side: null });
  const one = { image: 'minimal', name: 'one', networks: [{ port: 'front' }, { port: 'front' }] };
  await refused('NETWORK_REQUEST_INVALID', compute.launch(one));
  await refused(
    'NETWORK_REQUEST_INVALID',
    compute.launch({
      ...one,
      networks: [{ port: 'front', addressing: [{ kind: 'static', address: '192.0.2.9' }] }],
    }),
  );
  await refused('PORT_NOT_FOUND', compute.launch({ ...one, networks: [{ port: 'nobody' }] }));
  await assertHeld({ front: null, side: null });
});

test('from the command line both are made, told and taken away', BOUND, async () => {
  const made = await world.novalet(['port', 'create', 'third', '--network', lab, '-o', 'json']);
  assert.deepEqual([made.status, made.stderr], [0, '']);
  const record = JSON.parse(made.stdout);
  assert.deepEqual([record.name, record.network, record.instance], ['third', lab, null]);
  const listed = await world.novalet(['network', 'list']);
  assert.match(listed.stdout, new RegExp(`^${lab} .* nat .* active +novalet +0 +2$`, 'm'));
  const busy = await world.novalet(['network', 'delete', lab]);
  assert.deepEqual([busy.status, /\[NETWORK_IN_USE\]/.test(busy.stderr)], [4, true], busy.stderr);
  const gone = await world.novalet(['port', 'delete', 'third', front.id, 'side', '-o', 'json']);
  assert.deepEqual(
    JSON.parse(gone.stdout).map(({ name }: { readonly name: string }) => name),
    ['third', 'front', 'side'],
  );
  const completed = await world.novalet(['__complete', 'network']);
  assert.ok(completed.stdout.split('\n').includes(quiet), completed.stdout);
  assert.equal((await world.novalet(['network', 'delete', lab, quiet])).status, 0);
  assert.equal((await world.novalet(['network', 'show', lab])).status, 3);
  assert.deepEqual(await compute.ports.list(), []);
});
