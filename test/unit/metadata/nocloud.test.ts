import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { isFault, Secret } from '../../../src/base/index.ts';
import {
  type MetadataInput,
  noCloudDocuments,
  parsePublicKey,
  UserData,
} from '../../../src/metadata/index.ts';
import { networkConfig } from '../../../src/metadata/network-config.ts';
import { ECDSA_KEY, ED25519_KEY, fullInput, nic, PASSWORD, plainInput } from './sample.ts';

const MAC = 'fa:16:3e:00:00:01';

function read(input: MetadataInput, version?: 1 | 2): Readonly<Record<string, unknown>> {
  const documents = [...noCloudDocuments(input, version)];
  return Object.fromEntries(
    documents.map(([path, bytes]) => {
      const text = Buffer.from(bytes).toString();
      return [path, path === 'user-data' || path === 'vendor-data' ? text : parse(text, { version: '1.1' })];
    }),
  );
}

test('a plain instance has what cloud-init needs, and user data that are empty', () => {
  assert.deepEqual(read(plainInput()), {
    'meta-data': {
      'instance-id': '11111111-2222-3333-4444-555555555555',
      'local-hostname': 'web-server.novalocal',
      'availability-zone': 'nova',
      'instance-type': 'm1.small',
    },
    'user-data': '',
    'network-config': {
      version: 2,
      ethernets: { port0: { match: { macaddress: MAC }, dhcp4: true, dhcp6: false } },
    },
  });
});

test('keys, meta, user data and vendor data are there when they were given, and no password in clear', () => {
  const input = plainInput({
    meta: { role: 'web', note: 'a: b # "c" \u007f\u0085\u2028\ufeff 😀\n' },
    keys: [parsePublicKey('laptop', ED25519_KEY), parsePublicKey('desk', ECDSA_KEY)],
    userData: new UserData(Buffer.from('#!/bin/sh\n')),
    vendorData: { 'cloud-init': '#cloud-config\n{}\n' },
    adminPassword: new Secret(PASSWORD),
    nics: [],
  });
  const found = read(input);
  assert.deepEqual(Object.keys(found), ['meta-data', 'user-data', 'vendor-data']);
  assert.deepEqual([found['user-data'], found['vendor-data']], ['#!/bin/sh\n', '#cloud-config\n{}\n']);
  const bytes = [...noCloudDocuments(input).values()].map((one) => Buffer.from(one).toString()).join('');
  assert.ok(!bytes.includes(PASSWORD));
  assert.doesNotMatch(bytes, /[\x7f-\x9f\u2028\ufeff]/);
  assert.deepEqual(found['meta-data'], {
    'instance-id': input.uuid,
    'local-hostname': 'web-server.novalocal',
    'public-keys': [ED25519_KEY, ECDSA_KEY],
    'availability-zone': 'nova',
    'instance-type': 'm1.small',
    meta: input.meta,
  });
});

test('static addresses, gateways, routes and servers of both IP versions stand in version 2', () => {
  assert.deepEqual(read(fullInput())['network-config'], {
    version: 2,
    ethernets: {
      port0: {
        match: { macaddress: MAC },
        dhcp4: false,
        dhcp6: false,
        'accept-ra': false,
        addresses: ['192.0.2.10/24', '2001:db8::10/64'],
        routes: [
          { to: '0.0.0.0/0', via: '192.0.2.1' },
          { to: '198.51.100.0/24', via: '192.0.2.254' },
          { to: '::/0', via: '2001:db8::1' },
        ],
        nameservers: { addresses: ['192.0.2.53', '192.0.2.54'] },
        mtu: 1450,
      },
      port1: {
        match: { macaddress: 'fa:16:3e:00:00:02' },
        dhcp4: true,
        dhcp6: false,
        nameservers: { addresses: ['203.0.113.53'] },
      },
    },
  });
});

test('version 1 says the same, with names of its own', () => {
  assert.deepEqual(read(fullInput(), 1)['network-config'], {
    version: 1,
    config: [
      {
        type: 'physical',
        name: 'eth0',
        mac_address: MAC,
        'accept-ra': false,
        mtu: 1450,
        subnets: [
          {
            type: 'static',
            address: '192.0.2.10/24',
            gateway: '192.0.2.1',
            dns_nameservers: ['192.0.2.53', '192.0.2.54'],
            routes: [{ network: '198.51.100.0', netmask: '255.255.255.0', gateway: '192.0.2.254' }],
          },
          {
            type: 'static6',
            address: '2001:db8::10/64',
            gateway: '2001:db8::1',
            dns_nameservers: ['192.0.2.53'],
          },
        ],
      },
      {
        type: 'physical',
        name: 'eth1',
        mac_address: 'fa:16:3e:00:00:02',
        subnets: [{ type: 'dhcp4', dns_nameservers: ['203.0.113.53'] }],
      },
    ],
  });
});

test('a NIC that is told anything by IPv6 besides its static address goes on listening to routers', () => {
  const fixed = { kind: 'static', address: '2001:db8::10', prefix: 64 } as const;
  const told = [
    [fixed, { kind: 'slaac', address: '2001:db8::11', prefix: 64 }],
    [fixed, { kind: 'dhcp', version: 6 }],
    [{ ...fixed, address: '192.0.2.10', prefix: 24 }],
  ] as const;
  for (const addressing of told) {
    for (const version of [1, 2] as const) {
      const said = JSON.stringify(networkConfig([nic(addressing)], version));
      assert.ok(!said.includes('"accept-ra":false'), said);
    }
  }
});

test('each way to an IPv6 address has its words', () => {
  const known = { address: '2001:db8::10', prefix: 64, gateway: 'fe80::1' };
  const ways = [
    [{ kind: 'dhcp', version: 6 }, { dhcp4: false, dhcp6: true }, 'dhcp6'],
    [{ kind: 'slaac', ...known }, { dhcp4: false, dhcp6: false, 'accept-ra': true, mtu: 1450 }, 'ipv6_slaac'],
    [
      { kind: 'dhcpv6-stateless', ...known },
      { dhcp4: false, dhcp6: true, 'accept-ra': true },
      'ipv6_dhcpv6-stateless',
    ],
    [{ kind: 'dhcpv6-stateful', ...known }, { dhcp4: false, dhcp6: true }, 'ipv6_dhcpv6-stateful'],
  ] as const;
  for (const [addressing, words, type] of ways) {
    assert.deepEqual(networkConfig([nic([addressing])], 2), {
      version: 2,
      ethernets: { port0: { match: { macaddress: MAC }, ...words } },
    });
    const mtu = addressing.kind === 'slaac' ? { mtu: 1450 } : {};
    assert.deepEqual(networkConfig([nic([addressing])], 1), {
      version: 1,
      config: [{ type: 'physical', name: 'eth0', mac_address: MAC, ...mtu, subnets: [{ type }] }],
    });
  }
});

test('addresses and prefixes that are none, and two keys of one name, are refused', () => {
  const wrong = [
    { kind: 'static', address: '192.0.2.300', prefix: 24 },
    { kind: 'static', address: '192.0.2.3', prefix: 33 },
    { kind: 'static', address: '192.0.2.3', prefix: 24, gateway: 'router' },
    { kind: 'dhcp', version: 4, dns: ['dns'] },
  ] as const;
  for (const addressing of wrong) {
    for (const version of [1, 2] as const) {
      assert.throws(
        () => networkConfig([nic([addressing])], version),
        (error) => isFault(error, 'METADATA_ADDRESS_INVALID'),
        JSON.stringify(addressing),
      );
    }
  }
  const key = parsePublicKey('same', ED25519_KEY);
  assert.throws(
    () => noCloudDocuments(plainInput({ keys: [key, key] })),
    (error) => isFault(error, 'SSH_KEY_NAME_TWICE'),
  );
});
