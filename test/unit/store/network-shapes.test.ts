import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Addressing, GuestLink } from '../../../src/model/index.ts';
import { inRecord, instanceShape } from '../../../src/store/records.ts';
import { anInstance } from './an-instance.ts';

const ROUTES = [{ destination: '10.0.0.0/8', gateway: '192.0.2.1' }];
const WAYS: readonly Addressing[] = [
  { kind: 'dhcp', version: 4 },
  { kind: 'dhcp', version: 6, dns: ['2001:db8::53'] },
  { kind: 'static', address: '192.0.2.10', prefix: 24 },
  { kind: 'static', address: '192.0.2.11', prefix: 24, gateway: '192.0.2.1', routes: ROUTES, dns: [] },
  { kind: 'slaac' },
  { kind: 'dhcpv6-stateless', dns: ['2001:db8::53'] },
  { kind: 'dhcpv6-stateful', address: '2001:db8::10', prefix: 64, gateway: 'fe80::1', routes: [] },
];
const LINKS: readonly GuestLink[] = [
  { kind: 'vlan', name: 'vlan7', vlanId: 7, over: 0, addressing: [] },
  {
    kind: 'vlan',
    name: 'v',
    vlanId: 8,
    over: 'bond0',
    mac: 'fa:16:3e:00:00:01',
    mtu: 1400,
    addressing: WAYS,
  },
  { kind: 'bond', name: 'bond0', members: [0, 1], mode: 'active-backup', addressing: [] },
  {
    kind: 'bond',
    name: 'bond1',
    members: [2],
    mode: '802.3ad',
    miimon: 50,
    xmitHashPolicy: 'layer3+4',
    mtu: 9000,
    addressing: WAYS,
  },
];

function decode(record: object): unknown {
  return instanceShape(JSON.parse(JSON.stringify(record)), inRecord('instance'));
}

test('every way to an address and every link comes back as it was, and nothing that was left out', () => {
  const [port] = anInstance().ports;
  assert.ok(port);
  const instance = anInstance({
    ports: [{ ...port, isMtuChosen: true, addressing: WAYS }],
    links: LINKS,
  });
  assert.deepEqual(decode(instance), instance);
});

test('a port of an older novalet has IPv4 by DHCP, and its guest no links', () => {
  const { links: _links, ports, ...old } = anInstance();
  const [{ addressing: _addressing, isMtuChosen: _isMtuChosen, ...port } = assert.fail('no port')] = ports;
  assert.partialDeepStrictEqual(decode({ ...old, ports: [port] }), {
    ports: [{ isMtuChosen: false, addressing: [{ kind: 'dhcp', version: 4 }] }],
    links: [],
  });
});

test('a way or a link that nobody knows is a damaged record', () => {
  const [port] = anInstance().ports;
  const [vlan] = LINKS;
  const damaged = [
    { ports: [{ ...port, addressing: [{ kind: 'pigeon' }] }] },
    { ports: [{ ...port, addressing: [{ kind: 'dhcp', version: 5 }] }] },
    { ports: [{ ...port, addressing: [{ kind: 'static', address: '192.0.2.10' }] }] },
    { links: [{ ...vlan, over: null }] },
    { links: [{ ...vlan, kind: 'bridge' }] },
    { links: [{ ...LINKS[2], mode: 'fast' }] },
  ];
  for (const damage of damaged) {
    assert.throws(() => decode({ ...anInstance(), ...damage }), { code: 'STORE_CORRUPT' });
  }
});
