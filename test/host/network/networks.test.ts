import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { type Connection, openConnection } from '../../../src/libvirt/index.ts';
import { readNetwork } from '../../../src/libvirt-xml/index.ts';
import { readHostLinks } from '../../../src/network/host-links.ts';
import {
  ensureNetwork,
  findNetwork,
  formatSubnet,
  leasesOf,
  planPort,
  previewNetwork,
} from '../../../src/network/index.ts';
import { overlap, parseIpv4, subnetOf } from '../../../src/network/ipv4.ts';
import { ownPrefix } from '../support/own-prefix.ts';

const unlocked = <T>(_key: string, work: () => Promise<T>): Promise<T> => work();

/** A connection, and a name for a network that is removed after the test. */
async function aNetworkName(context: TestContext): Promise<{ connection: Connection; name: string }> {
  const connection = await openConnection('qemu:///system');
  const { directory, prefix: name } = await ownPrefix();
  context.after(async () => {
    const left = (await connection.listNetworks()).find((network) => network.name === name);
    if (left?.active === true) await left.network.destroy();
    await left?.network.undefine();
    await connection.close();
    await rm(directory, { recursive: true });
  });
  return { connection, name };
}

/** MAC addresses are random, so that a preview has others. */
function withoutMacs(target: Target) {
  const addresses = target.staticLeases?.pairs.map(({ address }) => address);
  return { ...target, staticLeases: { ...target.staticLeases, pairs: addresses } };
}

type Target = Awaited<ReturnType<typeof ensureNetwork>>;

/** What `work` gives once no other network came or went meanwhile: other tests make theirs on this host. */
async function whileOthersStay<T>(connection: Connection, name: string, work: () => Promise<T>): Promise<T> {
  const others = async () =>
    (await connection.listNetworks()).map((one) => one.name).filter((one) => one !== name);
  for (;;) {
    const before = (await others()).sort().join();
    const result = await work();
    if ((await others()).sort().join() === before) return result;
    const network = await connection.networkByName(name);
    await network.destroy();
    await network.undefine();
  }
}

test('the network is made on first use, starts with the host, and hides nothing that the host reaches', async (context) => {
  const { connection, name } = await aNetworkName(context);
  const keys: string[] = [];
  const { before, preview, target } = await whileOthersStay(connection, name, async () => {
    keys.length = 0;
    const links = await readHostLinks();
    const previewed = await previewNetwork(connection, { name, subnet: null, domain: 'novalocal' });
    assert.ok(!(await connection.listNetworks()).some((network) => network.name === name));
    const wish = { name, subnet: null, domain: 'novalocal' };
    const made = await ensureNetwork(connection, wish, (key, work) => {
      keys.push(key);
      return work();
    });
    return { before: links, preview: previewed, target: made };
  });
  assert.deepEqual(withoutMacs(target), withoutMacs(preview));
  assert.deepEqual(keys, [`network:${name}`]);
  const network = await connection.networkByName(name);
  assert.deepEqual(
    [await network.isActive(), await network.autostart(), await network.isPersistent()],
    [true, true, true],
  );
  assert.ok(target.staticLeases);
  const subnet = subnetOf(parseIpv4(target.staticLeases.gateway) ?? 0, target.staticLeases.prefix);
  const hidden = before.subnets.filter((used) => used.prefix > 7 && overlap(used, subnet));
  assert.deepEqual(hidden.map(formatSubnet), []);
  const again = await ensureNetwork(connection, { name, subnet: null, domain: 'novalocal' }, (_key, _work) =>
    assert.fail('a network that is there needs no lease'),
  );
  assert.deepEqual(again, target);
  assert.deepEqual(await findNetwork(connection, name, { ourNetwork: name, isSession: false }), target);
});

test('a network that a killed process defined and did not start is finished by the next one', async (context) => {
  const { connection, name } = await aNetworkName(context);
  const wish = { name, subnet: null, domain: null };
  const first = await ensureNetwork(connection, wish, unlocked);
  const network = await connection.networkByName(name);
  await network.destroy();
  await network.setAutostart(false);
  await assert.rejects(findNetwork(connection, name, { ourNetwork: name, isSession: false }), {
    code: 'NETWORK_INACTIVE',
  });
  assert.deepEqual(await ensureNetwork(connection, wish, unlocked), first);
  assert.deepEqual([await network.isActive(), await network.autostart()], [true, true]);
});

test('two networks of ours get different subnets and bridges; a subnet in use is refused', async (context) => {
  const one = await aNetworkName(context);
  const two = await aNetworkName(context);
  const first = await ensureNetwork(one.connection, { name: one.name, subnet: null, domain: null }, unlocked);
  const second = await ensureNetwork(
    two.connection,
    { name: two.name, subnet: null, domain: null },
    unlocked,
  );
  assert.notEqual(first.bridge, second.bridge);
  assert.notEqual(first.staticLeases?.gateway, second.staticLeases?.gateway);
  const three = await aNetworkName(context);
  const taken = `${first.staticLeases?.gateway}/24`;
  await assert.rejects(
    ensureNetwork(three.connection, { name: three.name, subnet: taken, domain: null }, unlocked),
    { code: 'SUBNET_IN_USE' },
  );
  assert.ok(!(await three.connection.listNetworks()).some((network) => network.name === three.name));
});

test('the network is made with an address and a MAC address for every port', async (context) => {
  const { connection, name } = await aNetworkName(context);
  const target = await ensureNetwork(connection, { name, subnet: null, domain: null }, unlocked);
  assert.ok(target.staticLeases);
  const { pairs, prefix } = target.staticLeases;
  assert.equal(pairs.length, 238);
  assert.equal(new Set(pairs.map(({ mac }) => mac)).size, 238);
  const [pair] = pairs;
  assert.ok(pair);
  const fixedIp = { address: pair.address, prefix };
  const port = planPort({
    id: '0123456789ab-0000-4000-8000-000000000000',
    mac: 'fa:16:3e:ff:ff:ff',
    target,
    fixedIp,
  });
  assert.equal(port.mac, pair.mac);
  const { ips } = readNetwork(await (await connection.networkByName(name)).xml());
  const hosts = ips.flatMap((ip) => ip.dhcp?.hosts ?? []);
  assert.ok(hosts.some(({ mac, address }) => mac === port.mac && address === pair.address));
  assert.deepEqual(await leasesOf(connection, name, [port.mac]), []);
});

test('an unknown network is refused with a list of what there is', async (context) => {
  const { connection, name } = await aNetworkName(context);
  const options = { ourNetwork: 'novalet', isSession: false };
  await assert.rejects(findNetwork(connection, name, options), {
    code: 'NETWORK_NOT_FOUND',
    kind: 'not-found',
    hint: /"none" attaches nothing/,
  });
  assert.deepEqual(await findNetwork(connection, 'none', options), { kind: 'none' });
  assert.deepEqual(await findNetwork(connection, 'user', { ...options, isSession: true }), { kind: 'user' });
  await assert.rejects(findNetwork(connection, 'br0', { ...options, isSession: true }), {
    code: 'NETWORK_NEEDS_SYSTEM',
  });
});

test("a bridge that libvirt's network made can be named like any bridge of the host", async (context) => {
  const { connection, name } = await aNetworkName(context);
  const { bridge, mtu } = await ensureNetwork(connection, { name, subnet: null, domain: null }, unlocked);
  const found = await findNetwork(connection, bridge, { ourNetwork: name, isSession: false });
  assert.deepEqual(found, { kind: 'bridge', bridge, mtu: mtu ?? 1500 });
});
