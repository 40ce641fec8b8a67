// Networks that are made and removed on purpose, and ports on them, without guests.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import type { Compute, NetworkView } from '../../../src/compute/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { type Connection, openConnection } from '../../../src/libvirt/index.ts';
import { readNetwork } from '../../../src/libvirt-xml/index.ts';
import { stateOfNetwork } from '../../../src/network/index.ts';
import { openStore } from '../../../src/store/index.ts';
import { PACKAGE, World } from '../support/world.ts';

const BOUND = { timeout: 120_000 };
const world = await World.make();
after(() => world[Symbol.asyncDispose]());
const named = (suffix: string) => `${world.prefix}-${suffix}`;
const lab = named('lab');
let compute: Compute;
let connection: Connection;
before(async () => {
  compute = await world.compute();
  connection = await openConnection('qemu:///system');
});
after(() => connection.close());

async function refused(code: string, work: Promise<unknown>): Promise<string> {
  let message = '';
  await assert.rejects(work, (error) => {
    if (!isFault(error, code)) return false;
    message = error.message;
    return true;
  });
  return message;
}

/** Of this world's networks. */
async function names(): Promise<readonly string[]> {
  return (await compute.networks.list())
    .map(({ name }) => name)
    .filter((name) => name.startsWith(world.prefix));
}

async function dies(act: 'create' | 'remove', name: string): Promise<void> {
  await world.closeCompute();
  const program = join(PACKAGE, 'test', 'host', 'network', 'network-and-die.ts');
  const child = spawn(process.execPath, [program, world.configFile, name, act], {
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: 60_000,
  });
  assert.deepEqual(await once(child, 'close'), [null, 'SIGKILL']);
  compute = await world.compute();
}

test(
  'a network is made, runs, starts with the host, and is known as this novalet made it',
  BOUND,
  async () => {
    const made = await compute.networks.create({ name: lab, domain: 'lab.example', mtu: 1400 });
    assert.deepEqual(
      [made.name, made.forward, made.domain, made.mtu, made.isActive, made.isManaged],
      [lab, 'nat', 'lab.example', 1400, true, true],
    );
    assert.deepEqual([made.instances, made.ports], [[], []]);
    const network = await connection.networkByName(lab);
    assert.deepEqual([await network.isPersistent(), await network.autostart()], [true, true]);
    assert.equal(stateOfNetwork(readNetwork(await network.xml())), `${world.stateDir}/state`);
    assert.deepEqual(await compute.networks.show(lab), made);
    await refused('NETWORK_EXISTS', compute.networks.create({ name: lab }));
    await refused('NETWORK_EXISTS', compute.networks.create({ name: made.bridge ?? '' }));
    await refused('SUBNET_IN_USE', compute.networks.create({ name: named('x'), subnet: made.subnet ?? '' }));
    await refused('NETWORK_NOT_FOUND', compute.networks.show(named('x')));
    assert.deepEqual(await names(), [lab]);
  },
);

test('nothing leads out of an isolated network, and its addresses are kept all the same', BOUND, async () => {
  const name = named('iso');
  const made = await compute.networks.create({ name, forward: 'none' });
  assert.equal(made.forward, 'none');
  assert.equal(readNetwork(await (await connection.networkByName(name)).xml()).forward, 'isolated');
  const port = await compute.ports.create({ name: 'inside', network: name });
  assert.equal(port.addresses.length, 1);
  const plan = await compute.ports.show(port.id.slice(0, 8));
  assert.deepEqual(plan, port);
  await compute.ports.remove('inside');
  await compute.networks.remove(name);
  assert.deepEqual(await names(), [lab]);
});

test('a port keeps its address and its MAC address: nobody else is given them', BOUND, async () => {
  const front = await compute.ports.create({ name: 'front', network: lab });
  const [{ address } = assert.fail('no address')] = front.addresses;
  assert.deepEqual([front.network, front.instance], [lab, null]);
  await refused('PORT_EXISTS', compute.ports.create({ name: 'front', network: lab }));
  for (const wish of [{ address }, { mac: front.mac }]) {
    const message = await refused(
      'ADDRESS_TAKEN',
      compute.ports.create({ name: 'back', network: lab, ...wish }),
    );
    assert.match(message, /^Port front has the address/);
  }
  await refused(
    'ADDRESS_NOT_KEPT',
    compute.ports.create({ name: 'back', network: lab, address: '192.0.2.9' }),
  );
  const chosen = address.replace(/\d+$/, '77');
  const back = await compute.ports.create({ name: 'back', network: lab, address: chosen });
  assert.deepEqual(
    back.addresses.map((one) => one.address),
    [chosen],
  );
  const next = await compute.ports.create({ name: 'next', network: lab });
  assert.ok(![address, chosen].includes(next.addresses[0]?.address ?? address));
  assert.deepEqual(
    (await compute.ports.list()).map(({ name }) => name),
    ['front', 'back', 'next'],
  );
  await compute.ports.remove('next');
  await compute.ports.remove(back.id);
  await refused('PORT_NOT_FOUND', compute.ports.remove('back'));
});

test(
  'a network with a port is not removed, and says which; without it it goes, and so does its lease',
  BOUND,
  async () => {
    const message = await refused('NETWORK_IN_USE', compute.networks.remove(lab));
    assert.match(message, /in use by port front$/);
    assert.deepEqual((await compute.networks.show(lab)).ports, ['front']);
    await compute.ports.remove('front');
    await compute.networks.remove(lab);
    assert.deepEqual(await names(), []);
    await refused('NETWORK_NOT_FOUND', compute.networks.remove(lab));
  },
);

test('a port on a bridge is told its address, which needs a prefix', BOUND, async () => {
  const { bridge } = await compute.networks.create({ name: lab });
  const network = bridge ?? assert.fail();
  await refused(
    'NETWORK_REQUEST_INVALID',
    compute.ports.create({ name: 'wire', network, address: '192.0.2.10' }),
  );
  const wire = await compute.ports.create({
    name: 'wire',
    network,
    mac: '02:00:00:00:00:0A',
    address: '192.0.2.10/24',
  });
  assert.deepEqual(
    [wire.network, wire.mac, wire.addresses],
    [bridge, '02:00:00:00:00:0a', [{ address: '192.0.2.10', prefix: 24 }]],
  );
  const twin = { name: 'twin', network };
  await refused('ADDRESS_TAKEN', compute.ports.create({ ...twin, address: '192.0.2.10/24' }));
  await refused('MAC_TAKEN', compute.ports.create({ ...twin, mac: wire.mac }));
  assert.match(await refused('NETWORK_IN_USE', compute.networks.remove(lab)), /port wire$/);
  await compute.ports.remove('wire');
  await compute.networks.remove(lab);
});

test(
  'the managed network is one of them, made on first use and removed when nobody is in it',
  BOUND,
  async () => {
    const port = await compute.ports.create({ name: 'first' });
    assert.equal(port.network, world.prefix);
    const view = await compute.networks.show(world.prefix);
    assert.deepEqual([view.isManaged, view.isActive, view.ports], [true, true, ['first']]);
    await compute.ports.remove('first');
    await compute.networks.remove(world.prefix);
    assert.deepEqual(await names(), []);
  },
);

test('networks of others are shown, used, and never changed', BOUND, async () => {
  const other = await World.make();
  try {
    const theirs = await (await other.compute()).networks.create({ name: `${other.prefix}-lab` });
    const seen = await compute.networks.show(theirs.name);
    assert.deepEqual({ ...seen, isManaged: true }, theirs);
    assert.equal(seen.isManaged, false);
    await refused('NETWORK_NOT_MANAGED', compute.networks.remove(theirs.name));
    await refused('NETWORK_EXISTS', compute.networks.create({ name: theirs.name }));
    const guest = await compute.ports.create({ name: 'guest', network: theirs.name });
    assert.deepEqual(guest.addresses, [], 'whoever made it gives its addresses');
    const inside = await (await other.compute()).ports.create({ name: 'inside', network: theirs.name });
    assert.equal(inside.addresses.length, 1);
    await compute.ports.remove('guest');
    await connection.networkByName(theirs.name).then((network) => network.destroy());
    await refused('NETWORK_INACTIVE', compute.ports.create({ name: 'guest', network: theirs.name }));
  } finally {
    await other[Symbol.asyncDispose]();
  }
});

test(
  'the managed network of one state directory is refused to another, until the first is gone',
  BOUND,
  async () => {
    await compute.ports.create({ name: 'first' });
    const other = await World.make();
    try {
      const configuration = await readFile(other.configFile, 'utf8');
      await writeFile(
        other.configFile,
        configuration.replace(`network: { name: ${other.prefix} }`, `network: { name: ${world.prefix} }`),
      );
      const others = await other.compute();
      const message = await refused('NETWORK_NOT_MANAGED', others.ports.create({ name: 'second' }));
      assert.ok(message.endsWith(`whose state is in ${world.stateDir}/state`), message);
      assert.equal((await others.networks.show(world.prefix)).isManaged, false);
      await compute.ports.remove('first');
      await world.closeCompute();
      await rename(`${world.stateDir}/state`, `${world.stateDir}/away`);
      assert.equal((await others.networks.show(world.prefix)).isManaged, true);
      assert.equal((await others.ports.create({ name: 'second' })).addresses.length, 1);
      await others.ports.remove('second');
      await others.networks.remove(world.prefix);
    } finally {
      await other[Symbol.asyncDispose]();
      await rename(`${world.stateDir}/away`, `${world.stateDir}/state`);
      compute = await world.compute();
    }
  },
);

test(
  'a domain that is adopted has the address that its network keeps for its card, until it is released',
  BOUND,
  async () => {
    await compute.networks.create({ name: lab });
    const { mac, addresses } = await compute.ports.create({ name: 'once', network: lab });
    await compute.ports.remove('once');
    const domain = await connection.defineDomain(`<domain type='qemu'>
    <name>${named('adopted')}</name><memory unit='MiB'>64</memory><os><type>hvm</type></os>
    <devices><interface type='network'><source network='${lab}'/><mac address='${mac}'/></interface></devices>
  </domain>`);
    const [{ address } = assert.fail('no address')] = addresses;
    const { ports } = await compute.adopt({ domain: domain.name });
    assert.deepEqual([ports[0]?.mac, ports[0]?.fixedIps], [mac, addresses]);
    await refused('ADDRESS_TAKEN', compute.ports.create({ name: 'twice', network: lab, address }));
    assert.match(await refused('NETWORK_IN_USE', compute.networks.remove(lab)), /by instance/);
    await compute.release(domain.name);
    await domain.undefine();
    assert.equal((await compute.ports.create({ name: 'twice', network: lab, address })).mac, mac);
    await compute.ports.remove('twice');
    await compute.networks.remove(lab);
  },
);

test(
  'a network that is being removed takes no new port, and one that is being made does',
  BOUND,
  async () => {
    await compute.networks.create({ name: lab });
    for (const [what, code] of [
      ['remove', 'LEASE_HELD'],
      ['make', undefined],
    ] as const) {
      using store = openStore(`${world.stateDir}/state/novalet.db`);
      using _lease = store.leases.acquire(`network:${lab}`, what);
      const made = compute.ports.create({ name: 'late', network: lab });
      if (code === undefined) await made;
      else await refused(code, made);
    }
    await compute.ports.remove('late');
    await compute.networks.remove(lab);
  },
);

test(
  'killed between defining and starting, the network is started by whoever makes it again or uses it',
  BOUND,
  async () => {
    for (const goOn of [
      async () => await compute.networks.create({ name: lab }),
      async () => await compute.ports.create({ name: 'user', network: lab }),
    ]) {
      await dies('create', lab);
      const left = await compute.networks.show(lab);
      assert.deepEqual([left.isActive, left.isManaged], [false, true]);
      await refused('NETWORK_EXISTS', compute.networks.create({ name: lab, forward: 'none' }));
      await refused('NETWORK_EXISTS', compute.networks.create({ name: lab, subnet: '203.0.113.0/24' }));
      await goOn();
      assert.deepEqual(await compute.networks.show(lab), {
        ...left,
        isActive: true,
        ports: (await compute.ports.list()).map(({ name }) => name),
      });
      assert.equal(await (await connection.networkByName(lab)).autostart(), true);
      if ((await compute.ports.list()).length > 0) await compute.ports.remove('user');
      await compute.networks.remove(lab);
    }
  },
);

test('one that a killed process left and that cannot start any more is made anew', BOUND, async () => {
  await dies('create', lab);
  const { bridge: taken } = await compute.networks.show(lab);
  const bridge = taken ?? assert.fail('no bridge');
  await runProgram('ip', ['link', 'add', bridge, 'type', 'bridge']);
  let made: NetworkView;
  try {
    await refused('NETWORK_START_FAILED', compute.ports.create({ name: 'user', network: lab }));
    made = await compute.networks.create({ name: lab });
  } finally {
    await runProgram('ip', ['link', 'delete', bridge]);
  }
  assert.equal(made.isActive, true);
  assert.notEqual(made.bridge, bridge);
  await compute.networks.remove(lab);
});

test(
  'killed between stopping and undefining, the network is removed by the next command',
  BOUND,
  async () => {
    await compute.networks.create({ name: lab });
    await dies('remove', lab);
    assert.equal((await compute.networks.show(lab)).isActive, false);
    await compute.networks.remove(lab);
    assert.deepEqual(await names(), []);
  },
);

test(
  'of ten at once that make the same network one makes it, and it can be removed once',
  BOUND,
  async () => {
    const made = await Promise.allSettled(
      Array.from({ length: 10 }, () => compute.networks.create({ name: lab })),
    );
    assert.equal(made.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const one of made) if (one.status === 'rejected') assert.ok(isFault(one.reason, 'NETWORK_EXISTS'));
    const gone = await Promise.allSettled(Array.from({ length: 3 }, () => compute.networks.remove(lab)));
    assert.equal(gone.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const one of gone)
      if (one.status === 'rejected') assert.ok(isFault(one.reason, 'NETWORK_NOT_FOUND'));
  },
);
