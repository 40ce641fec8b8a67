import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linkRecord, linkWords, portRecord, portWords } from '../../../src/cli/network-record.ts';
import type { GuestLink, Port } from '../../../src/model/index.ts';

const PORT: Port = {
  id: 'f216af48-1133-45c2-9954-5ac66baf2f4f',
  mac: 'fa:16:3e:00:00:01',
  binding: { kind: 'network', network: 'novalet', bridge: 'nvbr0' },
  deviceName: 'tapf216af48-11',
  mtu: null,
  isMtuChosen: false,
  fixedIps: [],
  addressing: [{ kind: 'dhcp', version: 4 }],
};
const VLAN: GuestLink = {
  kind: 'vlan',
  name: 'storage',
  vlanId: 42,
  over: 'bond0',
  addressing: [{ kind: 'static', address: '192.0.2.10', prefix: 24, dns: ['192.0.2.53'] }],
};
const BOND: GuestLink = {
  kind: 'bond',
  name: 'bond0',
  members: [0, 1],
  mode: '802.3ad',
  addressing: [{ kind: 'dhcp', version: 4 }, { kind: 'slaac' }],
};

test('a port is its MAC and its place, and what is not plain DHCP', () => {
  assert.equal(portWords(PORT), 'fa:16:3e:00:00:01 tapf216af48-11');
  assert.equal(portWords({ ...PORT, binding: { kind: 'user' } }), 'fa:16:3e:00:00:01 user-mode');
  assert.equal(portWords({ ...PORT, deviceName: '' }), 'fa:16:3e:00:00:01 network novalet');
  const bridge = { kind: 'bridge', bridge: 'br0' } as const;
  assert.equal(portWords({ ...PORT, deviceName: '', binding: bridge }), 'fa:16:3e:00:00:01 bridge br0');
  const ways: Port['addressing'] = [
    { kind: 'dhcp', version: 4 },
    { kind: 'dhcp', version: 6 },
    { kind: 'static', address: '2001:db8::10', prefix: 64 },
  ];
  assert.equal(
    portWords({ ...PORT, addressing: ways }),
    'fa:16:3e:00:00:01 tapf216af48-11 dhcp6 2001:db8::10/64',
  );
});

test('a link is told with what it lies over and how it gets its addresses', () => {
  assert.equal(linkWords(VLAN), 'storage vlan 42 over bond0 192.0.2.10/24');
  assert.equal(linkWords(BOND), 'bond0 bond 802.3ad over 0 and 1 dhcp4 slaac');
});

test('programs get the same fields of every kind, null where one has none', () => {
  assert.partialDeepStrictEqual(linkRecord(VLAN), {
    over: ['bond0'],
    vlan_id: 42,
    bond_mode: null,
    addressing: [{ kind: 'static', version: 4, address: '192.0.2.10', gateway: null, dns: ['192.0.2.53'] }],
  });
  assert.partialDeepStrictEqual(linkRecord(BOND), {
    over: ['0', '1'],
    vlan_id: null,
    bond_mode: '802.3ad',
    addressing: [
      { kind: 'dhcp', version: 4 },
      { kind: 'slaac', version: 6, address: null, prefix: null, routes: [] },
    ],
  });
  assert.deepEqual(Object.keys(linkRecord(BOND)), Object.keys(linkRecord(VLAN)));
  assert.partialDeepStrictEqual(portRecord(PORT), {
    addressing: [{ kind: 'dhcp', version: 4, address: null }],
  });
});
