import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import type { LinkRequest } from '../../../src/model/index.ts';
import { membersOf, planLinks } from '../../../src/network/index.ts';

const bond: LinkRequest = { kind: 'bond', name: 'bond0', members: [0, 1], mode: '802.3ad' };
const vlan: LinkRequest = { kind: 'vlan', vlanId: 7, over: 2 };

test('what was left out is filled in: a name by the VLAN id, IPv4 by DHCP', () => {
  const addressing = [{ kind: 'static', address: '192.0.2.10', prefix: 24, gateway: null }] as const;
  assert.deepEqual(planLinks([{ ...bond, mac: 'FA:16:3E:00:00:01', addressing }, vlan], 3), [
    {
      ...bond,
      mac: 'fa:16:3e:00:00:01',
      addressing: [{ kind: 'static', address: '192.0.2.10', prefix: 24 }],
    },
    { ...vlan, name: 'vlan7', addressing: [{ kind: 'dhcp', version: 4 }] },
  ]);
  assert.deepEqual([...membersOf([bond, vlan])], [0, 1]);
});

test('one VLAN id lies over several cards, and a VLAN over a bond by its name', () => {
  const links = planLinks([bond, { ...vlan, over: 'bond0' }, { ...vlan, name: 'other' }], 3);
  assert.deepEqual(
    links.map(({ name }) => name),
    ['bond0', 'vlan7', 'other'],
  );
});

test('what cannot be meant is refused', () => {
  const wrong: readonly (readonly LinkRequest[])[] = [
    [{ ...vlan, vlanId: 0 }],
    [{ ...vlan, vlanId: 4095 }],
    [{ ...vlan, over: 3 }],
    [{ ...vlan, over: -1 }],
    [{ ...vlan, over: 'bond0' }],
    [bond, { ...vlan, over: 0 }],
    [vlan, { ...vlan, name: 'again' }],
    [vlan, { ...vlan, over: 1 }],
    [{ ...vlan, name: 'eth0' }],
    [{ ...vlan, name: 'a name too long' }],
    [{ ...vlan, name: '../x' }],
    [{ ...bond, members: [] }],
    [{ ...bond, members: [0, 0] }],
    [bond, { ...bond, name: 'bond1', members: [1, 2] }],
    [{ ...bond, members: [0, 3] }],
    [{ ...bond, miimon: 0 }],
    Array.from({ length: 65 }, (_, at) => ({ ...vlan, vlanId: at + 1 })),
  ];
  for (const requests of wrong) {
    assert.throws(
      () => planLinks(requests, 3),
      (error) => isFault(error, 'GUEST_LINK_INVALID'),
      JSON.stringify(requests),
    );
  }
  for (const traits of [
    { mac: 'nothing' },
    { mtu: 1 },
    { addressing: [{ kind: 'static', address: '192.0.2.10' } as const] },
    { addressing: [{ kind: 'static', address: 'nowhere', prefix: 24 } as const] },
  ]) {
    assert.throws(
      () => planLinks([{ ...vlan, ...traits }], 3),
      (error) => isFault(error, 'NETWORK_REQUEST_INVALID'),
    );
  }
});
