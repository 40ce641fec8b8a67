// Guests with several network cards: what the host and the guest have of them, and what is left afterwards: nothing.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import type { Instance } from '../../../src/model/index.ts';
import { openStore } from '../../../src/store/index.ts';
import { World } from '../support/world.ts';

const BOUND = { timeout: 180_000 };
const world = await World.make();
after(() => world[Symbol.asyncDispose]());
before(async () => {
  await world.minimalImage();
});

/** The addresses that are kept for somebody, and the taps on the bridge. */
async function held(): Promise<readonly [addresses: readonly string[], taps: number]> {
  using store = openStore(`${world.stateDir}/state/novalet.db`);
  const taken = store.addresses.inNetwork(world.prefix).map(({ address }) => address);
  const { taps = [] } = await world.snapshot();
  return [taken.toSorted(), taps.length];
}

function addressesOf({ ports }: Instance): readonly (string | undefined)[] {
  return ports.map(({ fixedIps }) => fixedIps[0]?.address);
}

test(
  'two cards are two taps with a MAC and an address each, in the order in which they were asked for',
  BOUND,
  async () => {
    const compute = await world.compute();
    const plan = await compute.planLaunch({ image: 'minimal', networks: [{}, {}] });
    const [first = '', second = ''] = addressesOf(plan.instance);
    assert.match(`${first} ${second}`, /^[\d.]+\.2 [\d.]+\.3$/);
    const chosen = first.replace(/\d+$/, '77');
    const known = { kind: 'static', address: chosen, gateway: null } as const;
    const wide = { kind: 'static', address: '2001:db8::10', prefix: 64 } as const;
    const networks = [{ mtu: 1400 }, { addressing: [known, wide] }];
    const instance = await compute.launch({ image: 'minimal', name: 'two', networks });
    assert.deepEqual(addressesOf(instance), [first, chosen]);
    assert.deepEqual(await held(), [[first, chosen].toSorted(), 2]);

    const [one, other] = instance.ports;
    const prefix = one?.fixedIps[0]?.prefix;
    assert.deepEqual(
      [one?.mtu, one?.isMtuChosen, one?.addressing],
      [1400, true, [{ kind: 'dhcp', version: 4 }]],
    );
    const gateway = first.replace(/\d+$/, '1');
    const { gateway: _none, ...address } = known;
    assert.deepEqual(other?.addressing, [{ ...address, prefix, dns: [gateway] }, wide]);
    const shown = await compute.show('two');
    assert.deepEqual(shown.addresses, [first, chosen, '2001:db8::10']);

    const documents = await compute.documents.openStack('two');
    const data = JSON.parse(
      Buffer.from(documents.get('openstack/latest/network_data.json') ?? []).toString(),
    );
    assert.deepEqual(
      data.networks.map(({ type }: { readonly type: string }) => type),
      ['ipv4_dhcp', 'ipv4', 'ipv6'],
    );
    assert.deepEqual(
      data.links.map(({ mtu }: { readonly mtu: number | null }) => mtu),
      [1400, other?.mtu],
    );

    await compute.waitFor('two', { kind: 'agent' }, { timeoutMs: 120_000 });
    const { interfaces } = await compute.addresses('two');
    const cards = interfaces.filter(({ name }) => name !== 'lo').map(({ mac }) => mac);
    assert.deepEqual(cards.toSorted(), instance.ports.map(({ mac }) => mac).toSorted());
  },
);

test(
  'what somebody has is refused to the next, who is told by whom, and a start again changes no card',
  BOUND,
  async () => {
    const compute = await world.compute();
    const { instance } = await compute.show('two');
    const [, chosen = ''] = addressesOf(instance);
    const before = await held();
    const networks = [{}, { addressing: [{ kind: 'static', address: chosen } as const] }];
    for (const ask of [
      () => compute.launch({ image: 'minimal', networks }),
      () => compute.planLaunch({ image: 'minimal', networks }),
    ]) {
      await assert.rejects(ask, (error) => isFault(error, 'ADDRESS_TAKEN') && /^two has/.test(error.message));
    }
    assert.deepEqual(await held(), before);
    await compute.stop('two', { force: true });
    await compute.start('two');
    assert.deepEqual((await compute.show('two')).instance.ports, instance.ports);
    assert.deepEqual(await held(), before);
  },
);

test(
  'deleting frees every address and takes both taps away; a launch that fails does too',
  BOUND,
  async () => {
    const compute = await world.compute();
    await compute.delete('two');
    assert.deepEqual(await held(), [[], 0]);
    const { stdout, stderr } = await world.novalet([
      ...['launch', 'minimal', '--name', 'cards', '-o', 'json'],
      ...['--network', '', '--network', 'mtu=1300'],
    ]);
    assert.equal(stderr, '');
    const { ports } = JSON.parse(stdout);
    const [one, other] = ports;
    assert.equal(other.mtu, 1300);
    assert.notEqual(one.mtu, 1300);
    const halfway = new AbortController();
    await assert.rejects(
      compute.launch(
        { image: 'minimal', name: 'half', networks: [{}, {}] },
        {
          signal: halfway.signal,
          onProgress: ({ step, phase }) => {
            if (step === 'start-domain' && phase === 'end') halfway.abort();
          },
        },
      ),
      (error) => isFault(error, 'CANCELLED'),
    );
    const before = await held();
    assert.deepEqual(before, [
      ports.map(({ fixed_ips: [ip] }: { fixed_ips: [{ address: string }] }) => ip.address),
      2,
    ]);
    await assert.rejects(
      compute.launch({ image: 'minimal', networks: [{ network: world.prefix, mac: one.mac }] }),
      (error) => isFault(error, 'ADDRESS_TAKEN'),
    );
    // the same network by its bridge's name is nobody's to keep addresses in, and has the same guests
    const {
      mac,
      bridge: network,
      fixed_ips: [ip],
    } = one;
    const addressing = [{ kind: 'static', ...ip } as const];
    for (const [wish, code] of [
      [{ network, mac }, 'MAC_TAKEN'],
      [{ network, addressing }, 'ADDRESS_TAKEN'],
    ] as const) {
      await assert.rejects(
        compute.planLaunch({ image: 'minimal', networks: [wish] }),
        (error) => isFault(error, code) && error.message.startsWith('cards has'),
      );
    }
    await compute.delete('cards');
    assert.deepEqual(await held(), [[], 0]);
  },
);

test('one address for two cards is refused by a plan as by a launch, however the network is named', async () => {
  const compute = await world.compute();
  const { instance } = await compute.planLaunch({ image: 'minimal' });
  const address = instance.ports[0]?.fixedIps[0]?.address ?? assert.fail('no address');
  const addressing = [{ kind: 'static', address } as const];
  const binding = instance.ports[0]?.binding;
  const bridge = binding?.kind === 'network' ? binding.bridge : assert.fail('no bridge');
  const onBridge = { network: bridge, addressing: [{ kind: 'static', address, prefix: 24 } as const] };
  await compute.launch({ image: 'minimal', name: 'first' }); // makes the network, and its bridge
  await compute.delete('first');
  await assert.rejects(
    compute.planLaunch({ image: 'minimal', networks: [{ addressing }, onBridge] }),
    (error) => isFault(error, 'ADDRESS_TAKEN') && /another card/.test(error.message),
  );
  const networks = [{ addressing }, { network: world.prefix, addressing }];
  for (const act of [
    () => compute.planLaunch({ image: 'minimal', networks }),
    () => compute.launch({ image: 'minimal', networks }),
  ]) {
    await assert.rejects(
      act,
      (error) => isFault(error, 'ADDRESS_TAKEN') && /another card/.test(error.message),
    );
  }
  assert.deepEqual(await compute.list(), []);
});

test('no card beside others, and both words for networks at once, are refused before anything is made', async () => {
  const compute = await world.compute();
  const wrong = [
    { networks: [{}, { network: 'none' }] },
    { network: 'none', networks: [{}] },
    { networks: [{ addressing: [{ kind: 'static', address: '192.0.2.300' } as const] }] },
  ];
  for (const request of wrong) {
    await assert.rejects(
      () => compute.launch({ image: 'minimal', ...request }),
      (error) => isFault(error, 'NETWORK_REQUEST_INVALID'),
    );
  }
  assert.deepEqual(await compute.list(), []);
});

test('cards in a bond have no addresses of their own, and a plan tells what the guest is to make of them', async () => {
  const compute = await world.compute();
  const bond = { kind: 'bond', name: 'bond0', members: [0, 1], mode: 'active-backup' } as const;
  const addressing = [{ kind: 'static', address: '192.0.2.10', prefix: 24 }] as const;
  const links = [bond, { kind: 'vlan', vlanId: 42, over: 'bond0', addressing } as const];
  const { instance } = await compute.planLaunch({ image: 'minimal', networks: [{}, {}], links });
  assert.deepEqual(
    instance.ports.map((port) => port.addressing),
    [[], []],
  );
  assert.deepEqual(instance.links, [
    { ...bond, addressing: [{ kind: 'dhcp', version: 4 }] },
    { ...links[1], name: 'vlan42' },
  ]);
  for (const request of [
    { networks: [{}, { addressing }], links },
    { networks: [{}], links },
    { network: 'none', links },
  ]) {
    await assert.rejects(
      () => compute.planLaunch({ image: 'minimal', ...request }),
      (error) => isFault(error, 'GUEST_LINK_INVALID'),
    );
  }
});
