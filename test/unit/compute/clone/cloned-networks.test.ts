// Which network cards a clone asks for.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../../src/base/index.ts';
import { clonedNetworks } from '../../../../src/compute/clone/cloned-networks.ts';
import type { Addressing, Port, PortBinding } from '../../../../src/model/index.ts';

/** The MAC address of a card on a further network of novalet's. */
const KEPT = 'fa:16:3e:00:00:02';
const DHCP: Addressing = { kind: 'dhcp', version: 4 };

function port(
  binding: PortBinding,
  addressing: readonly Addressing[] = [DHCP],
  changes: Partial<Port> = {},
): Port {
  return {
    id: 'f216af48-1133-45c2-9954-5ac66baf2f4f',
    mac: 'fa:16:3e:00:00:01',
    binding,
    deviceName: 'tapf216af48-11',
    mtu: 1450,
    isMtuChosen: false,
    fixedIps: [{ address: '192.0.2.10', prefix: 24 }],
    addressing,
    ...changes,
  };
}

function asked(...ports: readonly Port[]) {
  return clonedNetworks({ name: 'web', ports }, 'novalet', ({ mac }) => mac === KEPT);
}

const ours: PortBinding = { kind: 'network', network: 'novalet', bridge: 'nvbr0' };
const theirs: PortBinding = { kind: 'network', network: 'lab', bridge: 'virbr1' };
const fixed: Addressing = { kind: 'static', address: '192.0.2.10', prefix: 24 };

test('a clone is on the same networks, and has neither MAC nor address of the first', () => {
  assert.deepEqual(asked(port(ours), port(theirs), port({ kind: 'bridge', bridge: 'br0' })), [
    { addressing: [DHCP] },
    { network: 'lab', addressing: [DHCP] },
    { network: 'br0', addressing: [DHCP] },
  ]);
  assert.deepEqual(asked(), [{ network: 'none' }]);
});

test('an address that followed from the MAC of the first is not asked for', () => {
  const slaac: Addressing = {
    kind: 'slaac',
    address: '2001:db8::f816:3eff:fe00:1',
    prefix: 64,
    gateway: '2001:db8::1',
  };
  assert.deepEqual(asked(port(theirs, [slaac])), [
    { network: 'lab', addressing: [{ kind: 'slaac', gateway: '2001:db8::1' }] },
  ]);
});

test('an MTU that somebody chose is chosen again', () => {
  assert.deepEqual(asked(port(ours, [DHCP], { isMtuChosen: true })), [{ mtu: 1450, addressing: [DHCP] }]);
});

test('an address that was chosen on our own network gives way to another, and elsewhere the clone is refused', () => {
  assert.deepEqual(asked(port(ours, [fixed])), [{ addressing: [DHCP] }]);
  assert.deepEqual(asked(port(theirs, [fixed], { mac: KEPT })), [{ network: 'lab', addressing: [DHCP] }]);
  assert.throws(
    () => asked(port(theirs, [fixed])),
    (error) => isFault(error, 'CLONE_NEEDS_NETWORK') && error.details['address'] === '192.0.2.10',
  );
});
