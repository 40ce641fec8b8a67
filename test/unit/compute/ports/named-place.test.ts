// What a wish for a port that is there becomes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../../src/base/index.ts';
import { namedPlace } from '../../../../src/compute/ports/named-place.ts';
import type { NamedPort } from '../../../../src/model/index.ts';
import type { NetworkPlace } from '../../../../src/network/index.ts';

const KEPT: NetworkPlace['target'] = {
  kind: 'network',
  network: 'lab',
  bridge: 'nvbr1',
  mtu: null,
  staticLeases: {
    gateway: '192.0.2.1',
    prefix: 24,
    isIsolated: false,
    pairs: [{ address: '192.0.2.2', mac: 'fa:16:3e:00:00:02' }],
  },
};
const BRIDGE: NetworkPlace['target'] = { kind: 'bridge', bridge: 'br0', mtu: null };
const PORT: NamedPort = {
  id: '44444444-0000-4000-8000-000000000001',
  name: 'front',
  mac: 'fa:16:3e:00:00:02',
  binding: { kind: 'network', network: 'lab', bridge: 'nvbr1' },
  fixedIps: [{ address: '192.0.2.2', prefix: 24 }],
  createdAt: '2026-01-01T00:00:00.000Z',
};
const { mac } = PORT;
const slaac = { kind: 'slaac' } as const;
const dhcp = { kind: 'dhcp', version: 4 } as const;

function refused(code: string, work: () => void): void {
  assert.throws(work, (error) => isFault(error, code));
}

test('where the network keeps its address, the guest has it by DHCP, or is told it', () => {
  assert.deepEqual(namedPlace({ mtu: 1400 }, PORT, KEPT), {
    request: { mtu: 1400, mac },
    target: KEPT,
    port: PORT,
  });
  const addressing = [{ kind: 'static', address: '192.0.2.2' } as const];
  assert.deepEqual(namedPlace({ addressing }, PORT, KEPT).request, { mac, addressing });
});

test('another address beside the one that is kept for it is refused, and one of IPv6 is not', () => {
  const other = { kind: 'static', address: '192.0.2.3' } as const;
  refused('NETWORK_REQUEST_INVALID', () => namedPlace({ addressing: [other] }, PORT, KEPT));
  const six = { kind: 'static', address: '2001:db8::2', prefix: 64 } as const;
  assert.deepEqual(namedPlace({ addressing: [dhcp, six] }, PORT, KEPT).request.addressing, [dhcp, six]);
});

test('a port of a network that was made anew, and keeps other pairs, is refused', () => {
  for (const changes of [
    { mac: 'fa:16:3e:00:00:03' },
    { fixedIps: [{ address: '192.0.2.3', prefix: 24 }] },
    { fixedIps: [] },
  ])
    refused('ADDRESS_NOT_KEPT', () => namedPlace({}, { ...PORT, ...changes }, KEPT));
});

test('elsewhere the guest is told the address of the port in place of DHCP, with the gateway that is asked for beside it', () => {
  const told = { kind: 'static', address: '192.0.2.2', prefix: 24 } as const;
  assert.deepEqual(namedPlace({}, PORT, BRIDGE).request.addressing, [told]);
  const asked = [{ kind: 'static', address: '192.0.2.2', gateway: '192.0.2.1' } as const, dhcp, slaac];
  assert.deepEqual(namedPlace({ addressing: asked }, PORT, BRIDGE).request.addressing, [
    { ...told, gateway: '192.0.2.1' },
    slaac,
  ]);
  assert.deepEqual(namedPlace({}, { ...PORT, fixedIps: [] }, BRIDGE).request, { mac });
});

test('an IPv6 address of a port is told beside IPv4, which is by DHCP where the port has no address of it', () => {
  const six = { address: '2001:db8::5', prefix: 64 };
  const told = { kind: 'static', ...six } as const;
  const both = { ...PORT, fixedIps: [...PORT.fixedIps, six] };
  assert.deepEqual(namedPlace({}, both, KEPT).request.addressing, [told, dhcp]);
  assert.deepEqual(namedPlace({}, { ...PORT, fixedIps: [six] }, BRIDGE).request.addressing, [told, dhcp]);
  const v6 = { kind: 'dhcp', version: 6 } as const;
  assert.deepEqual(namedPlace({ addressing: [dhcp, v6] }, both, KEPT).request.addressing, [told, dhcp]);
});

test('a card in a bond is told nothing, also where the port has an address', () => {
  assert.deepEqual(namedPlace({ addressing: [] }, PORT, BRIDGE).request.addressing, []);
});
