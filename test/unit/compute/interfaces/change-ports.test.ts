// Which port is meant, and what becomes of the numbers of the others when one goes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../../src/base/index.ts';
import { findPort, requireUnused, without } from '../../../../src/compute/interfaces/change-ports.ts';
import type { GuestLink, Instance, Port } from '../../../../src/model/index.ts';
import { anInstance } from '../../store/an-instance.ts';

function aPort(number: number): Port {
  const id = `3f0d2a4${number}-0000-4000-8000-000000000000`;
  return {
    id,
    mac: `fa:16:3e:00:00:0${number}`,
    binding: { kind: 'bridge', bridge: 'br0' },
    deviceName: `tap${id}`.slice(0, 14),
    mtu: null,
    isMtuChosen: false,
    fixedIps: [{ address: `192.0.2.1${number}`, prefix: 24 }],
    addressing: [],
  };
}

const PORTS = [0, 1, 2, 3].map(aPort);
const LINKS: readonly GuestLink[] = [
  { kind: 'bond', name: 'bond0', members: [2, 3], mode: 'active-backup', addressing: [] },
  { kind: 'vlan', name: 'vlan7', vlanId: 7, over: 'bond0', addressing: [] },
  { kind: 'vlan', name: 'vlan8', vlanId: 8, over: 1, addressing: [] },
];
const instance: Instance = { ...anInstance(), name: 'web', ports: PORTS, links: LINKS };

test('a port is found by MAC, id or a beginning of it, tap and address, in any case', () => {
  for (const word of ['FA:16:3E:00:00:02', PORTS[2]?.id ?? '', '3f0d2a42', 'tap3f0d2a42-00', '192.0.2.12'])
    assert.equal(findPort(instance, word), PORTS[2], word);
});

test('one that is not there, and a beginning that fits several, are told apart and refused', () => {
  for (const [word, message] of [
    ['eth7', /has no interface "eth7"/],
    ['3f0', /has no interface/],
    ['3f0d2a4', /several interfaces/],
  ] as const) {
    assert.throws(
      () => findPort(instance, word),
      (error) => isFault(error, 'INTERFACE_NOT_FOUND') && message.test(error.message),
      word,
    );
  }
});

test('a card that goes leaves VLANs and bonds over the same cards, which have other numbers now', () => {
  const { ports, links } = without(instance, aPort(0));
  assert.deepEqual(ports, PORTS.slice(1));
  assert.deepEqual(
    links.map((link) => (link.kind === 'bond' ? link.members : link.over)),
    [[1, 2], 'bond0', 0],
  );
  assert.equal(without(instance, aPort(7)), instance);
});

test('a card that a VLAN or a bond lies over stays', () => {
  requireUnused(instance, aPort(0));
  for (const [number, link] of [
    [1, 'vlan8'],
    [2, 'bond0'],
    [3, 'bond0'],
  ] as const) {
    assert.throws(
      () => requireUnused(instance, aPort(number)),
      (error) => isFault(error, 'INTERFACE_IN_USE') && error.message.includes(link),
    );
  }
});
