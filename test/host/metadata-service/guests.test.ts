// Two real guests in a network of ours and the metadata service as people run it: each reads its own, and one of them tries
// all it can to read the other's. On taps of their own, since the rules see what comes from a tap.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { newUuid } from '../../../src/base/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { openConnection } from '../../../src/libvirt/index.ts';
import type { Instance } from '../../../src/model/index.ts';
import { ensureNetwork, linkLocalOf } from '../../../src/network/index.ts';
import { openStore } from '../../../src/store/index.ts';
import { World } from '../support/world.ts';
import { NeutronProxy } from './proxy.ts';
import { Serving, serviceRules } from './serving.ts';

const AT = '169.254.169.254';
const NOTHING = 'nothing came';
const ANSWER_S = 60;
/** What drops what is sent to it would be asked for minutes. */
const SILENCE_S = 4;
const LIMIT = { timeout: 400_000 };

class Guests {
  readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  async launch(name: string): Promise<Instance> {
    const compute = await this.world.compute();
    const userData = Buffer.from(`#!/bin/sh\necho secret-of-${name}\n`);
    const instance = await compute.launch({
      image: 'minimal',
      name,
      flavor: 'small',
      userData,
      metadata: { role: name },
    });
    await compute.waitFor(name, { kind: 'agent' }, { timeoutMs: 120_000 });
    await this.run(name, 'until ip route | grep -q ^default; do usleep 100000; done');
    return instance;
  }

  /** What a shell of the guest prints. */
  async run(name: string, script: string): Promise<string> {
    const compute = await this.world.compute();
    const { stdout } = await compute.exec(name, { argv: ['sh', '-c', script], timeoutMs: 120_000 });
    return stdout.toString().trim();
  }

  /** What the guest reads at the service's address, however long a busy host takes; `NOTHING` where it is refused. */
  async read(name: string, path: string, more = ''): Promise<string> {
    return await this.run(name, reading(`http://${AT}${path}`, { seconds: ANSWER_S, more }));
  }

  /** The same of its user data where nobody may answer. */
  async readInVain(name: string, host = AT): Promise<string> {
    return await this.run(name, reading(`http://${host}/latest/user-data`, { seconds: SILENCE_S }));
  }

  /** The guest does `before`, reads its user data as somebody else, and becomes itself again. */
  async readAfter(name: string, before: string): Promise<string> {
    const url = `http://${AT}/latest/user-data`;
    const read = await this.run(name, `${before}\n${reading(url, { seconds: SILENCE_S })}`);
    await this.run(name, '/etc/init.d/as-before');
    return read;
  }
}

function reading(
  url: string,
  { seconds, more = '' }: { readonly seconds: number; readonly more?: string },
): string {
  return `timeout ${seconds} wget -q -O - ${more} ${url} 2>/dev/null || echo ${NOTHING}`;
}

async function network(
  world: World,
  name: string,
): Promise<{ readonly bridge: string; readonly gateway: string }> {
  await using connection = await openConnection('qemu:///system');
  const wish = { name, subnet: null, domain: null };
  const { bridge, staticLeases } = await ensureNetwork(connection, wish, async (_key, work) => await work());
  assert.ok(staticLeases, `${world.prefix} keeps addresses`);
  return { bridge, gateway: staticLeases.gateway };
}

function addressOf({ ports: [port] }: Instance): { readonly address: string; readonly mac: string } {
  const [fixed] = port?.fixedIps ?? [];
  assert.ok(port && fixed);
  return { address: fixed.address, mac: port.mac };
}

test(
  'guests read their own documents from the metadata service, and a hostile one nothing else',
  LIMIT,
  async (context) => {
    await using proxy = await NeutronProxy.make();
    await using world = await World.make(`agent_timeout: 60\nmetadata: { proxy: ${proxy.configuration} }`);
    const compute = await world.compute();
    const flavor = { vcpus: 1, rootGiB: 0, ephemeralGiB: 0, swapMiB: 0, extraSpecs: {} };
    await compute.flavors.create({ ...flavor, name: 'small', memoryMiB: 192 });
    await world.minimalImage();
    await using serving = await Serving.start(world);
    const guests = new Guests(world);
    const [one, two] = await Promise.all([guests.launch('one'), guests.launch('two')]);
    const { bridge, gateway } = await network(world, world.prefix);
    const door = `${gateway}:8775`;

    await context.test('the service listens as soon as there is a guest', async () => {
      assert.equal(
        await serving.said(/^Listening for metadata/),
        `Listening for metadata on ${gateway} port 8775`,
      );
    });
    await ownDocuments(context, guests, { one, two });
    await changes(context, guests, one);
    await saveItself(guests, 'two', gateway);
    await hostileAddresses(context, guests, { one, two, bridge, gateway });
    await hostileRequests(context, guests, { two, door });
    await otherNetwork(context, guests, { one, serving });
    await linkLocal(context, guests, { one, two, bridge });
    await proxied(context, proxy, one);
    await restarts(context, guests, { one, two, bridge, serving });
  },
);

/** Leaves a script in the guest that makes it what it was. */
async function saveItself(guests: Guests, name: string, gateway: string): Promise<void> {
  await guests.run(
    name,
    `mac=$(cat /sys/class/net/eth0/address); ip=$(ip -4 -o addr show eth0 | awk '{print $4; exit}')
     cat >/etc/init.d/as-before <<END
     ip addr flush dev eth0 scope global; ip link set eth0 down; ip link set eth0 address $mac; ip link set eth0 up
     ip addr add $ip dev eth0; ip route replace default via ${gateway}
     while ip -6 addr show dev eth0 | grep -q tentative; do usleep 100000; done
END
     chmod 755 /etc/init.d/as-before`,
  );
}

async function ownDocuments(
  context: TestContext,
  guests: Guests,
  instances: Readonly<Record<'one' | 'two', Instance>>,
): Promise<void> {
  for (const name of ['one', 'two'] as const) {
    await context.test(`${name} reads its own as OpenStack, as EC2, and its user data`, async () => {
      const meta: unknown = JSON.parse(await guests.read(name, '/openstack/latest/meta_data.json'));
      assert.ok(typeof meta === 'object' && meta !== null && 'uuid' in meta && 'meta' in meta);
      assert.deepEqual([meta.uuid, meta.meta], [instances[name].id, { role: name }]);
      assert.equal(
        await guests.read(name, '/latest/meta-data/local-ipv4'),
        addressOf(instances[name]).address,
      );
      assert.match(await guests.read(name, '/latest/user-data'), new RegExp(`secret-of-${name}$`));
      assert.match(
        await guests.read(name, '/openstack/2018-08-27/user_data'),
        new RegExp(`secret-of-${name}$`),
      );
    });
  }
  await context.test('the password is kept once, and for its owner', async () => {
    const at = '/openstack/latest/password';
    assert.equal(await guests.read('one', at, '--post-data c2VjcmV0'), '');
    assert.equal(await guests.read('one', at, '--post-data again'), NOTHING); // 409
    assert.equal(await guests.read('one', at), 'c2VjcmV0');
    assert.equal(await guests.read('two', at), '');
    const compute = await guests.world.compute();
    assert.equal(await compute.documents.postedPassword('one'), 'c2VjcmV0');
  });
}

async function changes(context: TestContext, guests: Guests, { id }: Instance): Promise<void> {
  await context.test('a change shows within a second', async () => {
    using store = openStore(join(guests.world.stateDir, 'state', 'novalet.db'));
    assert.match(await guests.read('one', '/openstack/latest/meta_data.json'), /"role":\s*"one"/);
    store.instances.change(id, (current) => ({ ...current, metadata: { role: 'changed' } }));
    const changedAt = performance.now();
    for (;;) {
      const askedAt = performance.now();
      const told = await guests.read('one', '/openstack/latest/meta_data.json');
      if (/"role":\s*"changed"/.test(told)) break;
      assert.match(told, /"role":\s*"one"/);
      assert.ok(askedAt - changedAt < 1000, 'a second after the change the old is told still');
    }
  });
}

async function hostileAddresses(
  context: TestContext,
  guests: Guests,
  { one, two, bridge, gateway }: { one: Instance; two: Instance; bridge: string; gateway: string },
): Promise<void> {
  const [victim, own] = [addressOf(one), addressOf(two)];
  const as = (mac: string, address: string) =>
    `ip addr flush dev eth0 scope global; ip link set eth0 down; ip link set eth0 address ${mac}; ip link set eth0 up
     ip addr add ${address}/24 dev eth0; ip route replace default via ${gateway}; ip neigh replace ${gateway} lladdr $(cat /tmp/gateway) dev eth0`;
  await guests.run(
    'two',
    `ping -c 1 ${gateway} >/dev/null; ip neigh show ${gateway} | awk '{print $5}' >/tmp/gateway`,
  );
  const forged: readonly [string, string][] = [
    ["another's address", as(own.mac, victim.address)],
    ["another's MAC address", as(victim.mac, own.address)],
    ["another's address and MAC address", as(victim.mac, victim.address)],
    ['an address of nobody', as(own.mac, gateway.replace(/\d+$/, '250'))],
  ];
  for (const [what, before] of forged) {
    await context.test(`who sends from ${what} is answered nothing`, async () => {
      assert.equal(await guests.readAfter('two', before), NOTHING);
      assert.match(await guests.read('two', '/latest/user-data'), /secret-of-two$/);
    });
  }
  await context.test("who says by ARP that another's address is its own is not believed", async () => {
    assert.equal(await macAfterLie(guests, { victim, bridge }), victim.mac);
    assert.match(await guests.read('one', '/latest/user-data'), /secret-of-one$/);
  });
}

/** Which card the host takes for the victim's when the other guest has said that it is its own. */
async function macAfterLie(
  guests: Guests,
  { victim, bridge }: { victim: { readonly address: string }; bridge: string },
): Promise<string> {
  await guests.run('one', `ping -c 1 $(ip route | awk '/^default/ {print $3}')`); // so that the host knows it at all
  const { address } = victim;
  const lie = `arping -c 2 -w 3 -U -I eth0 -s ${address} ${address}`;
  await guests.run('two', `ip addr add ${address}/32 dev eth0; ${lie}; ip addr del ${address}/32 dev eth0`);
  const { stdout } = await runProgram('ip', ['neigh', 'show', address, 'dev', bridge]);
  return /lladdr (\S+)/.exec(stdout)?.[1] ?? '';
}

async function hostileRequests(
  context: TestContext,
  guests: Guests,
  { two, door }: { two: Instance; door: string },
): Promise<void> {
  const victims = await (await guests.world.compute()).show('one');
  const { address } = addressOf(victims.instance);
  const headers = [
    `X-Instance-ID: ${victims.instance.id}`,
    `X-Forwarded-For: ${address}`,
    `X-Real-IP: ${address}`,
    `Forwarded: for=${address}`,
    'X-Tenant-ID: novalet',
  ];
  await context.test('headers say nothing of who asks', async () => {
    const more = headers.map((header) => `--header '${header}'`).join(' ');
    assert.match(await guests.read('two', '/latest/user-data', more), /secret-of-two$/);
    assert.equal(await guests.read('two', '/latest/meta-data/local-ipv4', more), addressOf(two).address);
  });
  await context.test('the port behind the address cannot be asked itself', async () => {
    assert.equal(await guests.readInVain('two', door), NOTHING);
  });
  await context.test('many connections get their own or nothing, and take nothing from others', async () => {
    const flood = `for i in $(seq 60); do timeout 8 wget -q -O - http://${AT}/latest/user-data 2>/dev/null & done | grep secret | sort | uniq`;
    const [flooded, others] = await Promise.all([
      guests.run('two', flood),
      guests.read('one', '/latest/user-data'),
    ]);
    assert.equal(flooded, 'echo secret-of-two');
    assert.match(others, /secret-of-one$/);
  });
}

/** An instance that is in the records alone, and so has no guest that could ask. */
async function otherNetwork(
  context: TestContext,
  guests: Guests,
  { one, serving }: { one: Instance; serving: Serving },
): Promise<void> {
  const name = `${guests.world.prefix}-b`;
  const { bridge, gateway } = await network(guests.world, name);
  const address = gateway.replace(/\d+$/, '9');
  using store = openStore(join(guests.world.stateDir, 'state', 'novalet.db'));
  const ports = one.ports.map((port) => ({
    ...port,
    id: newUuid(),
    mac: 'fa:16:3e:00:00:09',
    deviceName: 'tapabsent',
    binding: { kind: 'network', network: name, bridge } as const,
    fixedIps: [{ address, prefix: 24 }],
  }));
  const absent = { ...one, id: newUuid(), number: 99, name: 'absent', domainName: `${name}-99`, ports };
  store.instances.insert(absent);
  await context.test('a network that appears is listened in, and is no way round', async () => {
    await serving.said(new RegExp(`on ${gateway.replaceAll('.', '\\.')} port 8775$`));
    assert.equal(await guests.readInVain('two', `${gateway}:8775`), NOTHING);
    const before = `ip addr add ${address}/32 dev eth0; ip route replace default via $(ip route | awk '/^default/ {print $3}') src ${address}`;
    assert.equal(await guests.readAfter('two', before), NOTHING);
    assert.match(await guests.read('two', '/latest/user-data'), /secret-of-two$/);
  });
  store.instances.remove(absent.id);
  await context.test('it is left when its last instance goes', async () => {
    await untilRules(guests, (rules) => !rules.includes(`"${bridge}"`));
  });
}

/** The guest asks at the link-local address; busybox's wget takes no scope. */
function asking({ port = 80, seconds = ANSWER_S } = {}): string {
  const request = 'GET /latest/user-data HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n';
  return `printf '${request}' | timeout ${seconds} nc -w ${seconds} fe80::a9fe:a9fe%eth0 ${port} 2>/dev/null | grep secret || echo ${NOTHING}`;
}

async function linkLocal(
  context: TestContext,
  guests: Guests,
  { one, two, bridge }: { one: Instance; two: Instance; bridge: string },
): Promise<void> {
  const [victim, own] = [linkLocalOf(addressOf(one).mac), linkLocalOf(addressOf(two).mac)];
  await context.test('each reads its own at fe80::a9fe:a9fe', async () => {
    assert.match(await guests.run('one', asking()), /secret-of-one$/);
    assert.match(await guests.run('two', asking()), /secret-of-two$/);
  });
  await context.test("who sends from another's link-local address is answered nothing", async () => {
    await guests.run('two', 'echo 0 >/proc/sys/net/ipv6/conf/eth0/accept_dad'); // it asks nobody whether an address is free
    const become = (from: string, to: string) =>
      `ip -6 addr del ${from}/64 dev eth0; ip -6 addr add ${to}/64 dev eth0; ip -6 addr show dev eth0`;
    const forged = await guests.run('two', become(own, victim));
    assert.ok(forged.includes(victim) && !forged.includes(own) && !forged.includes('tentative'));
    assert.equal(await guests.run('two', asking({ seconds: SILENCE_S })), NOTHING);
    await guests.run('two', become(victim, own));
    assert.match(await guests.run('one', asking()), /secret-of-one$/);
    const { stdout } = await runProgram('ip', ['-6', 'neigh', 'show', victim, 'dev', bridge]);
    assert.match(stdout, new RegExp(`lladdr ${addressOf(one).mac}`));
    assert.match(await guests.run('two', asking()), /secret-of-two$/);
  });
  await context.test('nothing else of the host is to be reached by IPv6', async () => {
    assert.equal(await guests.run('two', asking({ port: 8775, seconds: SILENCE_S })), NOTHING);
    const isOpen = `nc -w 2 fe80::a9fe:a9fe%eth0 53 </dev/null 2>/dev/null && echo open || echo ${NOTHING}`;
    assert.equal(await guests.run('two', isOpen), NOTHING);
  });
}

async function proxied(context: TestContext, proxy: NeutronProxy, { id }: Instance): Promise<void> {
  await context.test(
    "Neutron's proxy is told of the instance that it has signed for, and of no other",
    async () => {
      const good = await proxy.ask(id);
      assert.deepEqual([good.status, good.text.includes('secret-of-one')], [200, true]);
      assert.equal((await proxy.ask(id, { 'X-Instance-ID-Signature': '' })).status, 400);
      assert.equal((await proxy.ask(id, { 'X-Instance-ID': newUuid() })).status, 403);
      assert.equal((await proxy.ask(id, { 'X-Tenant-ID': 'other' })).status, 404);
      assert.equal((await proxy.ask(newUuid())).status, 404);
    },
  );
}

async function restarts(
  context: TestContext,
  guests: Guests,
  { one, two, bridge, serving }: { one: Instance; two: Instance; bridge: string; serving: Serving },
): Promise<void> {
  await context.test('a second service of the same records is refused', async () => {
    const second = await guests.world.novalet(['serve', '--metadata']);
    assert.notEqual(second.status, 0);
    assert.match(second.stderr, new RegExp(`Process ${serving.pid} serves .*METADATA_SERVED_ALREADY`));
  });
  await context.test(
    'a killed service leaves nothing that answers, and the next one takes over',
    async () => {
      await serving.stop('SIGKILL');
      assert.equal(await guests.readInVain('two'), NOTHING);
      await using next = await Serving.start(guests.world);
      assert.match(await guests.read('two', '/latest/user-data'), /secret-of-two$/);
      const compute = await guests.world.compute();
      assert.ok((await serviceRules(guests.world)).includes(tapOf(one)));
      await next.stop();
      assert.ok(!(await serviceRules(guests.world)).includes(tapOf(one)));
      assert.equal(await guests.readInVain('two'), NOTHING);
      // what the rules are for: without them the host believes what a guest says
      assert.equal(await macAfterLie(guests, { victim: addressOf(one), bridge }), addressOf(two).mac);
      await compute.delete('one');
    },
  );
  await context.test('the rules of a guest that is deleted go, and those of the others stay', async () => {
    await using next = await Serving.start(guests.world);
    const compute = await guests.world.compute();
    const third = await compute.launch({ image: 'minimal', name: 'three', flavor: 'small' });
    await untilRules(guests, (rules) => rules.includes(tapOf(third)));
    await compute.delete('three');
    await untilRules(guests, (rules) => !rules.includes(tapOf(third)));
    assert.match(await guests.read('two', '/latest/user-data'), /secret-of-two$/);
    await next.stop();
  });
}

function tapOf({ ports: [port] }: Instance): string {
  assert.ok(port);
  return port.deviceName;
}

async function untilRules({ world }: Guests, isSo: (rules: string) => boolean): Promise<void> {
  while (!isSo(await serviceRules(world)));
}
