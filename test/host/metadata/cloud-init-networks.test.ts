// The three descriptions of a guest's network, held to one another by what cloud-init makes of them.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  type MetadataInput,
  type MetadataNic,
  metadataDocuments,
  noCloudDocuments,
} from '../../../src/metadata/index.ts';
import { linkedInput, nic, plainInput } from '../../unit/metadata/sample.ts';
import { withScratch } from '../storage/scratch.ts';
import { namesByMac, readByCloudInit, withoutCloudInit } from './cloud-init.ts';

const skip = withoutCloudInit;
const known = { address: '2001:db8::10', prefix: 64, gateway: 'fe80::1', dns: ['2001:db8::53'] } as const;
const fixed = {
  kind: 'static',
  address: '192.0.2.10',
  prefix: 20,
  gateway: '192.0.2.1',
  routes: [{ destination: '198.51.100.77/24', gateway: '192.0.2.254' }],
  dns: ['192.0.2.53'],
} as const;
const routes = [{ destination: '2001:db8:1::/48', gateway: '2001:db8::2' }] as const;
const fixedRoutes = ['0.0.0.0/0 via 192.0.2.1', '198.51.100.0/24 via 192.0.2.254'];
const sixthRoutes = ['2001:db8:1::/48 via 2001:db8::2', '::/0 via fe80::1'];
const NOTHING = {
  kind: 'physical',
  mtu: null,
  dhcp4: false,
  dhcp6: false,
  routers: null,
  addresses: [],
  routes: [],
};

/** What stands in the launch, and what every description is to say; `dns` of all NICs together. */
const WAYS: Readonly<
  Record<string, readonly [addressing: MetadataNic['addressing'], understood: object, dns: string[]]>
> = {
  'IPv4 by DHCP': [[{ kind: 'dhcp', version: 4 }], { dhcp4: true }, []],
  'IPv6 by DHCP': [[{ kind: 'dhcp', version: 6 }], { dhcp6: true, routers: true }, []],
  'a static IPv4 address with routes': [
    [fixed],
    { mtu: 1450, addresses: ['192.0.2.10/20'], routes: fixedRoutes },
    ['192.0.2.53'],
  ],
  'a static IPv6 address with routes': [
    [{ kind: 'static', ...known, routes }],
    { mtu: 1450, routers: false, addresses: ['2001:db8::10/64'], routes: sixthRoutes },
    ['2001:db8::53'],
  ],
  'static addresses of both versions': [
    [fixed, { kind: 'static', ...known, routes }],
    {
      mtu: 1450,
      routers: false,
      addresses: ['192.0.2.10/20', '2001:db8::10/64'],
      routes: [...fixedRoutes, ...sixthRoutes],
    },
    ['192.0.2.53', '2001:db8::53'],
  ],
  'addresses from a router': [[{ kind: 'slaac', ...known }], { mtu: 1450, routers: true }, ['2001:db8::53']],
  'DHCPv6 beside a router': [
    [{ kind: 'dhcpv6-stateless', ...known }],
    { dhcp6: true, routers: true },
    ['2001:db8::53'],
  ],
  'addresses by DHCPv6, with a route': [
    [{ kind: 'dhcpv6-stateful', ...known, routes }],
    { dhcp6: true, routers: true, routes: ['2001:db8:1::/48 via 2001:db8::2'] },
    ['2001:db8::53'],
  ],
  'IPv4 by DHCP and IPv6 from a router': [
    [
      { kind: 'dhcp', version: 4 },
      { kind: 'slaac', ...known },
    ],
    { dhcp4: true, routers: true },
    ['2001:db8::53'],
  ],
};

const NICS = Object.values(WAYS).map(([addressing], at) =>
  nic(addressing, { mac: macAt(at), deviceName: `tap${at}` }),
);
const ALL = plainInput({ nics: NICS });

function macAt(at: number): string {
  return `fa:16:3e:00:01:0${at}`;
}

test('all three descriptions of each way to an address are the same to cloud-init', { skip }, async () => {
  const ways = Object.entries(WAYS);
  const jobs = ways.flatMap((_, at) => {
    const [only] = NICS.slice(at, at + 1);
    return only === undefined ? [] : jobsFor('network', plainInput({ nics: [only] }));
  });
  const results = await readByCloudInit(...jobs);
  for (const [at, [name, [, understood, dns]]] of ways.entries()) {
    const interfaces = [{ ...NOTHING, mac: macAt(at), ...understood }];
    for (const [which, result] of results.slice(3 * at, 3 * at + 3).entries()) {
      assert.deepEqual(comparable(result), { interfaces, dns }, `${name}: ${DESCRIPTIONS[which]}`);
    }
  }
});

test('they are the same with nine NICs at once', { skip }, async () => {
  const results = await readByCloudInit(...jobsFor('network', ALL));
  const interfaces = Object.values(WAYS).map(([, understood], at) => ({
    ...NOTHING,
    mac: macAt(at),
    ...understood,
  }));
  for (const [which, result] of results.entries()) {
    assert.deepEqual(
      comparable(result),
      { interfaces, dns: ['192.0.2.53', '2001:db8::53'] },
      DESCRIPTIONS[which],
    );
  }
});

const BOND_MAC = 'fa:16:3e:00:02:00';
const LINKED = [
  {
    mac: BOND_MAC,
    kind: 'bond',
    mtu: 9000,
    dhcp4: true,
    routers: true,
    bond: { 'bond-mode': '802.3ad', 'bond-miimon': '100', 'bond-xmit-hash-policy': 'layer3+4' },
    members: [BOND_MAC, 'fa:16:3e:00:02:01'],
  },
  { mac: BOND_MAC, mtu: 1450 },
  {
    mac: BOND_MAC,
    kind: 'vlan',
    mtu: 1400,
    addresses: ['192.0.2.10/24'],
    routes: ['0.0.0.0/0 via 192.0.2.1'],
    vlan: 42,
    link: BOND_MAC,
  },
  { mac: 'fa:16:3e:00:02:01', mtu: 1450 },
  { mac: 'fa:16:3e:00:02:02', dhcp4: true },
  {
    mac: 'fa:16:3e:00:02:77',
    kind: 'vlan',
    routers: false,
    addresses: ['2001:db8::7/64'],
    vlan: 7,
    link: 'fa:16:3e:00:02:02',
  },
].map((one) => ({ ...NOTHING, ...one }));

/** Without netplan, cloud-init up to 22.4 passes over `accept-ra` and `macaddress` of version 2's bonds and VLANs. */
const LINKED_OF_VERSION_2 = LINKED.map((one) => {
  const mac = one.mac === 'fa:16:3e:00:02:77' ? 'fa:16:3e:00:02:02' : one.mac;
  return { ...one, routers: null, mac };
});

test('a bond of two NICs, a VLAN over it and one over a third NIC are the same too', { skip }, async () => {
  const results = await readByCloudInit(...jobsFor('network', linkedInput()));
  for (const [which, result] of results.entries()) {
    const interfaces = which === 2 ? LINKED_OF_VERSION_2 : LINKED;
    assert.deepEqual(comparable(result), { interfaces, dns: ['2001:db8::53'] }, DESCRIPTIONS[which]);
  }
});

test('each of them can be written by each of cloud-init’s renderers, with every static address in it', {
  skip,
}, async () => {
  await withScratch(async (scratch) => {
    const jobs = jobsFor('render', ALL).map((job, at) => ({ ...job, scratch: join(scratch, `${at}`) }));
    for (const [which, result] of (await readByCloudInit(...jobs)).entries()) {
      assert.ok(typeof result === 'object' && result !== null);
      const files = Object.entries(result);
      assert.deepEqual(
        files.map(([renderer]) => renderer),
        ['eni', 'netplan', 'network-manager', 'networkd', 'sysconfig'],
      );
      for (const [renderer, text] of files) {
        for (const address of ['192.0.2.10', '2001:db8::10']) {
          assert.ok(String(text).includes(address), `${renderer} of ${DESCRIPTIONS[which]} lacks ${address}`);
        }
      }
    }
  });
});

const DESCRIPTIONS = ['network_data.json', 'network-config 1', 'network-config 2'] as const;

function jobsFor(job: string, input: MetadataInput): readonly { readonly do: string }[] {
  const read = (documents: ReadonlyMap<string, Uint8Array>, path: string): unknown =>
    JSON.parse(Buffer.from(documents.get(path) ?? []).toString());
  const configs = [
    read(metadataDocuments(input), 'openstack/latest/network_data.json'),
    read(noCloudDocuments(input, 1), 'network-config'),
    read(noCloudDocuments(input, 2), 'network-config'),
  ];
  return configs.map((config) => ({ do: job, config, macs: namesByMac(input) }));
}

/**
 * Two things are known to differ. Without netplan, cloud-init up to 22.4 takes version 2's `::/0` for `::/64`. And Nova's
 * network_data.json gives the default route also to who hears of it from a router or DHCP, which network-config leaves to them.
 */
function comparable(result: unknown): unknown {
  const text = JSON.stringify(result).replaceAll('"::/64 via ', '"::/0 via ');
  return JSON.parse(text, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value;
    const isTold = 'routers' in value && value.routers === true && 'routes' in value;
    if (!isTold || !Array.isArray(value.routes)) return value;
    return { ...value, routes: value.routes.filter((route) => !String(route).startsWith('::/0 ')) };
  });
}
