import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  anIntegerFrom,
  anObject,
  aString,
  aStringLike,
  isFault,
  listOf,
  oneOf,
  optional,
  orNull,
  Place,
} from '../../../src/base/index.ts';
import { type MetadataNic, metadataDocuments } from '../../../src/metadata/index.ts';
import { BOND_MODES } from '../../../src/model/index.ts';
import { addressedInput, linkedInput, nic, plainInput } from './sample.ts';

function networkData(...nics: readonly MetadataNic[]): unknown {
  const bytes = metadataDocuments(plainInput({ nics })).get('openstack/latest/network_data.json');
  return JSON.parse(Buffer.from(bytes ?? []).toString());
}

const network_id = '7d2a6d4e-0d0e-4b6b-a7c3-9b5a7f6f7b10';

test('a DHCP port gives a link without an MTU and a network without addresses', () => {
  assert.deepEqual(networkData(nic([{ kind: 'dhcp', version: 4, dns: ['192.0.2.53'] }])), {
    links: [
      {
        id: 'tapf216af48-11',
        vif_id: 'f216af48-1133-45c2-9954-5ac66baf2f4f',
        type: 'bridge',
        mtu: null,
        ethernet_mac_address: 'fa:16:3e:00:00:01',
      },
    ],
    networks: [{ id: 'network0', type: 'ipv4_dhcp', link: 'tapf216af48-11', network_id }],
    services: [{ type: 'dns', address: '192.0.2.53' }],
  });
});

test('a static port gives its MTU, addresses with whole masks, and the default route first', () => {
  const data = networkData(
    nic([
      {
        kind: 'static',
        address: '192.0.2.10',
        prefix: 20,
        gateway: '192.0.2.1',
        routes: [{ destination: '10.1.2.3/8', gateway: '192.0.2.254' }],
        dns: ['192.0.2.53'],
      },
      {
        kind: 'static',
        address: '2001:db8:0:1::10',
        prefix: 56,
        gateway: 'fe80::1',
        dns: ['192.0.2.53', '::1'],
      },
    ]),
  );
  assert.partialDeepStrictEqual(data, {
    links: [{ mtu: 1450 }],
    networks: [
      {
        id: 'network0',
        type: 'ipv4',
        ip_address: '192.0.2.10',
        netmask: '255.255.240.0',
        routes: [
          { network: '0.0.0.0', netmask: '0.0.0.0', gateway: '192.0.2.1' },
          { network: '10.0.0.0', netmask: '255.0.0.0', gateway: '192.0.2.254' },
        ],
        services: [{ type: 'dns', address: '192.0.2.53' }],
      },
      {
        id: 'network1',
        type: 'ipv6',
        ip_address: '2001:db8:0:1::10',
        netmask: 'ffff:ffff:ffff:ff00::',
        routes: [{ network: '::', netmask: '::', gateway: 'fe80::1' }],
      },
    ],
    services: [
      { type: 'dns', address: '192.0.2.53' },
      { type: 'dns', address: '::1' },
    ],
  });
});

test('every way to an address fits the schema that Nova publishes, but for two words that Nova writes too', () => {
  const link = anObject({
    id: aString,
    type: oneOf('bridge', 'dvs', 'hw_veb', 'hyperv', 'ovs', 'tap', 'vhostuser', 'vif', 'phy'),
    mtu: orNull(anIntegerFrom(1, 65_535)),
    ethernet_mac_address: aStringLike(/^(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}$/, 'is no MAC'),
  });
  const words = ['ipv4', 'ipv4_dhcp', 'ipv6', 'ipv6_dhcp', 'ipv6_slaac'] as const;
  const beyond = ['ipv6_dhcpv6-stateless', 'ipv6_dhcpv6-stateful'] as const;
  const network = anObject({
    id: aString,
    link: aString,
    network_id: aString,
    type: oneOf(...words, ...beyond),
    routes: optional(listOf(anObject({ network: aString, netmask: aString, gateway: aString }))),
  });
  const services = listOf(anObject({ type: oneOf('dns'), address: aString }));
  const schema = anObject({ links: listOf(link), networks: listOf(network), services });
  const place = new Place('network_data', (path, problem) => assert.fail(`${path} ${problem}`));
  const { links, networks } = schema(networkData(...addressedInput().nics), place);
  assert.deepEqual(new Set(networks.map(({ type }) => type)), new Set([...words, ...beyond]));
  assert.deepEqual(new Set(networks.map((one) => one.link)), new Set(links.map(({ id }) => id)));
});

test('bonds and VLANs fit that schema too, and each link is of one kind', () => {
  const { nics, links: asked = [] } = linkedInput();
  const documents = metadataDocuments(plainInput({ nics, links: asked }));
  const mac = aStringLike(/^(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}$/, 'is no MAC');
  const mtu = orNull(anIntegerFrom(1, 65_535));
  const shapes = {
    bridge: anObject({ id: aString, type: oneOf('bridge'), mtu, ethernet_mac_address: mac }),
    bond: anObject({
      ...{ id: aString, type: oneOf('bond'), mtu, ethernet_mac_address: mac, bond_links: listOf(aString) },
      bond_mode: oneOf(...BOND_MODES),
    }),
    vlan: anObject({
      ...{ id: aString, type: oneOf('vlan'), mtu, vlan_mac_address: mac, vlan_link: aString },
      vlan_id: anIntegerFrom(1, 4094),
    }),
  };
  const place = new Place('network_data', (path, problem) => assert.fail(`${path} ${problem}`));
  const data: unknown = JSON.parse(
    Buffer.from(documents.get('openstack/latest/network_data.json') ?? []).toString(),
  );
  const kinds = anObject({ type: oneOf('bridge', 'bond', 'vlan') });
  const { links } = anObject({ links: listOf(kinds) })(data, place);
  const given = anObject({ links: listOf((value: unknown) => value) })(data, place);
  const read = given.links.map((value, at) => shapes[links[at]?.type ?? 'bridge'](value, place.item(at)));
  const ids = new Set(read.map(({ id }) => id));
  const below = read.flatMap((link) =>
    'bond_links' in link ? link.bond_links : 'vlan_link' in link ? [link.vlan_link] : [],
  );
  assert.deepEqual(below.toSorted(), ['bond0', 'tap0', 'tap1', 'tap2']);
  assert.ok(below.every((id) => ids.has(id)));
});

test('IPv6 modes are named as Neutron names them', () => {
  const modes = ['slaac', 'dhcpv6-stateless', 'dhcpv6-stateful'] as const;
  const nics = modes.map((kind) => nic([{ kind, address: '2001:db8::5', prefix: 64 }]));
  assert.partialDeepStrictEqual(networkData(...nics), {
    links: [{ mtu: 1450 }, { mtu: null }, { mtu: null }],
    networks: modes.map((kind) => ({ type: `ipv6_${kind}`, netmask: 'ffff:ffff:ffff:ffff::', routes: [] })),
  });
});

test('an IPv6 route is cut to its network', () => {
  const routes = [{ destination: '2001:db8:aaaa:bbcc:1:2:3:4/58', gateway: 'fe80::1' }];
  const data = networkData(nic([{ kind: 'static', address: '2001:db8::5', prefix: 128, routes }]));
  assert.partialDeepStrictEqual(data, {
    networks: [
      {
        netmask: 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
        routes: [{ network: '2001:db8:aaaa:bbc0::', netmask: 'ffff:ffff:ffff:ffc0::', gateway: 'fe80::1' }],
      },
    ],
  });
});

test('a port of user-mode networking is a physical link to its guest', () => {
  const data = networkData(nic([{ kind: 'dhcp', version: 4 }], { binding: { kind: 'user' } }));
  assert.partialDeepStrictEqual(data, { links: [{ type: 'phy' }] });
});

test('no port, or none with addresses, gives an empty document', () => {
  assert.deepEqual(networkData(), {});
  assert.deepEqual(networkData(nic([])), {});
});

test('what is no address, no prefix or no network is refused', () => {
  const good = { kind: 'static', address: '192.0.2.10', prefix: 24 } as const;
  const bad = [
    { ...good, address: '192.0.2' },
    { ...good, address: 'fe80::1%eth0' },
    { ...good, prefix: 33 },
    { ...good, prefix: 1.5 },
    { ...good, routes: [{ destination: '10.0.0.0', gateway: '192.0.2.1' }] },
    { ...good, routes: [{ destination: '10.0.0.0/8', gateway: 'nowhere' }] },
    { ...good, gateway: 'nowhere' },
    { ...good, dns: ['one.example'] },
  ];
  for (const addressing of bad) {
    assert.throws(
      () => networkData(nic([addressing])),
      (error) => isFault(error, 'METADATA_ADDRESS_INVALID'),
    );
  }
});
