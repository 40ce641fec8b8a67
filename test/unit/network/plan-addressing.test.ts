import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import type { NetworkRequest } from '../../../src/model/index.ts';
import {
  type AttachTarget,
  checkNetworkRequests,
  chosenPairs,
  type NetworkPlace,
  planAddressing,
  planPort,
} from '../../../src/network/index.ts';

const OURS: NetworkPlace['target'] = {
  kind: 'network',
  network: 'novalet',
  bridge: 'nvbr0',
  mtu: 1400,
  staticLeases: {
    gateway: '192.168.150.1',
    prefix: 24,
    isIsolated: false,
    pairs: [
      { address: '192.168.150.2', mac: 'fa:16:3e:00:00:02' },
      { address: '192.168.150.3', mac: 'fa:16:3e:00:00:03' },
    ],
  },
};
const BRIDGE: NetworkPlace['target'] = { kind: 'bridge', bridge: 'br0', mtu: null };

function ours(request: NetworkRequest): NetworkPlace {
  return { request, target: OURS };
}

function isRefused(work: () => unknown, code: string): void {
  assert.throws(work, (error) => isFault(error, code));
}

test('a static address of the managed network has its prefix, gateway and DNS from there, but one card has the gateway', () => {
  const place = ours({ addressing: [{ kind: 'static', address: '192.168.150.3' }] });
  const known = { kind: 'static', address: '192.168.150.3', prefix: 24, dns: ['192.168.150.1'] };
  assert.deepEqual(planAddressing(place, true), [{ ...known, gateway: '192.168.150.1' }]);
  assert.deepEqual(planAddressing(place, false), [known]);
  assert.deepEqual(chosenPairs(place), [{ address: '192.168.150.3', mac: 'fa:16:3e:00:00:03' }]);
});

test('what the request says itself wins, and no gateway is none', () => {
  const own = { kind: 'static', address: '192.168.150.3', dns: ['192.0.2.53'] } as const;
  const [one] = planAddressing(ours({ addressing: [{ ...own, gateway: null }] }), true);
  assert.deepEqual(one, { ...own, prefix: 24 });
  const [other] = planAddressing(ours({ addressing: [{ ...own, gateway: '192.168.150.9' }] }), false);
  assert.deepEqual(other, { ...own, prefix: 24, gateway: '192.168.150.9' });
});

test('a MAC address of the managed network brings its pair', () => {
  const [pair] = chosenPairs(ours({ mac: 'FA:16:3E:00:00:02' }));
  assert.equal(pair?.address, '192.168.150.2');
  assert.deepEqual(chosenPairs(ours({})), []);
  assert.deepEqual(chosenPairs({ request: { mac: 'fa:16:3e:00:00:09' }, target: BRIDGE }), []);
});

test('what the managed network does not keep is refused, with what it does', () => {
  const place = ours({ addressing: [{ kind: 'static', address: '192.168.150.77' }] });
  assert.throws(
    () => chosenPairs(place),
    (error) =>
      isFault(error, 'ADDRESS_NOT_KEPT') && /192\.168\.150\.2 to 192\.168\.150\.3/.test(error.hint ?? ''),
  );
  isRefused(() => chosenPairs(ours({ mac: 'fa:16:3e:00:00:09' })), 'ADDRESS_NOT_KEPT');
  const mixed = ours({
    mac: 'fa:16:3e:00:00:02',
    addressing: [{ kind: 'static', address: '192.168.150.3' }],
  });
  isRefused(() => chosenPairs(mixed), 'ADDRESS_NOT_KEPT');
  const wide = ours({ addressing: [{ kind: 'static', address: '192.168.150.3', prefix: 16 }] });
  isRefused(() => planAddressing(wide, true), 'NETWORK_REQUEST_INVALID');
});

test('elsewhere an address is told to the guest as it is asked for, and must have a prefix', () => {
  const addressing = [{ kind: 'static', address: '192.0.2.10', prefix: 24, gateway: null }] as const;
  const told = [{ kind: 'static', address: '192.0.2.10', prefix: 24 }];
  assert.deepEqual(planAddressing({ request: { addressing }, target: BRIDGE }, true), told);
  const bare = {
    request: { addressing: [{ kind: 'static', address: '192.0.2.10' }] },
    target: BRIDGE,
  } as const;
  isRefused(() => planAddressing(bare, true), 'NETWORK_REQUEST_INVALID');
});

test('a port has every address that is known: the kept one, then those that the guest is told', () => {
  const addressing = [
    { kind: 'static', address: '192.168.150.3', prefix: 24 },
    { kind: 'static', address: '2001:db8::10', prefix: 64 },
    { kind: 'slaac' },
  ] as const;
  const fixedIp = { address: '192.168.150.3', prefix: 24 };
  const request = { id: '0123456789ab-0', mac: 'fa:16:3e:ff:ff:ff', target: OURS };
  const port = planPort({ ...request, fixedIp, addressing });
  assert.equal(port.mac, 'fa:16:3e:00:00:03');
  assert.deepEqual(port.fixedIps, [fixedIp, { address: '2001:db8::10', prefix: 64 }]);
  assert.deepEqual([port.mtu, port.isMtuChosen], [1400, false]);
  const narrow = planPort({ ...request, mtu: 1280 });
  assert.deepEqual([narrow.mtu, narrow.isMtuChosen], [1280, true]);
});

test('an MTU that the network does not carry is refused, and any where there is none to set', () => {
  const request = { id: '0123456789ab-0', mac: 'fa:16:3e:ff:ff:ff', mtu: 1500 };
  const user: AttachTarget = { kind: 'user' };
  for (const target of [OURS, user])
    isRefused(() => planPort({ ...request, target }), 'NETWORK_REQUEST_INVALID');
});

test('what cannot be meant is refused before anything is looked for', () => {
  const fixed = { kind: 'static', address: '192.0.2.10', prefix: 24 } as const;
  const wrong: readonly NetworkRequest[] = [
    { mac: '01:00:5e:00:00:01' },
    { mac: '00:00:00:00:00:00' },
    { mac: 'fa:16:3e' },
    { mtu: 100 },
    { mtu: 1279, addressing: [{ kind: 'slaac' }] },
    { mtu: 70_000 },
    { addressing: [{ ...fixed, address: '192.0.2.300' }] },
    { addressing: [{ ...fixed, address: 'fe80::1%eth0', prefix: 64 }] },
    { addressing: [{ ...fixed, prefix: 33 }] },
    { addressing: [{ ...fixed, prefix: 0 }] },
    { addressing: [{ ...fixed, gateway: '192.0.3.1' }] },
    { addressing: [{ ...fixed, gateway: '192.0.2.10' }] },
    { addressing: [{ ...fixed, gateway: 'fe80::1' }] },
    { addressing: [{ ...fixed, routes: [{ destination: '10.0.0.0', gateway: '192.0.2.1' }] }] },
    { addressing: [{ ...fixed, routes: [{ destination: '2001:db8::/32', gateway: '192.0.2.1' }] }] },
    { addressing: [{ ...fixed, routes: [{ destination: '10.0.0.0/8', gateway: 'fe80::1' }] }] },
    { addressing: [{ kind: 'dhcp', version: 4, dns: ['dns.example'] }] },
    { addressing: [{ kind: 'slaac', address: 'nowhere', prefix: 64 }] },
    { addressing: Array.from({ length: 65 }, () => ({ kind: 'slaac' }) as const) },
  ];
  for (const request of wrong) {
    isRefused(() => checkNetworkRequests([request]), 'NETWORK_REQUEST_INVALID');
  }
  isRefused(() => checkNetworkRequests(Array.from({ length: 17 }, () => ({}))), 'NETWORK_REQUEST_INVALID');
  const mac = 'fa:16:3e:00:00:01';
  isRefused(() => checkNetworkRequests([{ mac }, { mac: mac.toUpperCase() }]), 'NETWORK_REQUEST_INVALID');
  isRefused(
    () => checkNetworkRequests([{ addressing: [fixed] }, { addressing: [fixed] }]),
    'NETWORK_REQUEST_INVALID',
  );
  checkNetworkRequests([
    {},
    { network: 'br0', addressing: [fixed] },
    { network: 'br1', addressing: [fixed] },
  ]);
});

test('a gateway outside the managed network is refused, though the address comes without a prefix', () => {
  const place = ours({ addressing: [{ kind: 'static', address: '192.168.150.3', gateway: '10.9.9.9' }] });
  isRefused(() => planAddressing(place, true), 'NETWORK_REQUEST_INVALID');
});
