// What a guest is told of a card, in the words of each program that may look after its network.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { insideWords } from '../../../../src/compute/interfaces/inside-words.ts';
import type { Addressing, Port } from '../../../../src/model/index.ts';

const MAC = 'fa:16:3e:00:00:01';

function aPort(addressing: readonly Addressing[], mtu?: number): Port {
  return {
    id: '3f0d2a4e-0000-4000-8000-000000000001',
    mac: MAC,
    binding: { kind: 'bridge', bridge: 'br0' },
    deviceName: 'tap3f0d2a4e-00',
    mtu: mtu ?? null,
    isMtuChosen: mtu !== undefined,
    fixedIps: [],
    addressing,
  };
}

test('DHCP is one word, and all that a network manager is told', () => {
  const { words, networkd, networkManager } = insideWords(aPort([{ kind: 'dhcp', version: 4 }]));
  assert.deepEqual(words, ['dhcp4']);
  assert.equal(
    networkd,
    `[Match]\nMACAddress=${MAC}\n\n[Network]\nDHCP=ipv4\nIPv6AcceptRA=no\n\n[DHCPv4]\nRouteMetric=2048\n`,
  );
  assert.deepEqual(networkManager, [
    ...['802-3-ethernet.mac-address', MAC, 'ipv4.method', 'auto', 'ipv6.method', 'disabled'],
  ]);
});

test('static addresses come with their routes, of which the gateway is one, and their DNS servers', () => {
  const routes = [{ destination: '10.20.0.0/16', gateway: '192.0.2.254' }];
  const four = { kind: 'static', address: '192.0.2.20', prefix: 24, gateway: '192.0.2.1', routes } as const;
  const six = { kind: 'static', address: '2001:db8::20', prefix: 64, dns: ['2001:db8::53'] } as const;
  const { words, networkd, networkManager } = insideWords(
    aPort([{ ...four, dns: ['192.0.2.53', '192.0.2.54'] }, six], 1400),
  );
  assert.deepEqual(words, [
    'mtu=1400',
    'address=192.0.2.20/24',
    'route=0.0.0.0/0@192.0.2.1',
    'route=10.20.0.0/16@192.0.2.254',
    'address=2001:db8::20/64',
  ]);
  assert.equal(
    networkd,
    [
      `[Match]\nMACAddress=${MAC}\n`,
      '[Link]\nMTUBytes=1400\n',
      '[Network]\nDHCP=no\nIPv6AcceptRA=no\nAddress=192.0.2.20/24\nAddress=2001:db8::20/64',
      'DNS=192.0.2.53\nDNS=192.0.2.54\nDNS=2001:db8::53\n',
      '[Route]\nDestination=0.0.0.0/0\nGateway=192.0.2.1\n',
      '[Route]\nDestination=10.20.0.0/16\nGateway=192.0.2.254\n',
    ].join('\n'),
  );
  assert.deepEqual(networkManager, [
    ...['802-3-ethernet.mac-address', MAC, '802-3-ethernet.mtu', '1400'],
    ...['ipv4.method', 'manual', 'ipv4.addresses', '192.0.2.20/24'],
    ...['ipv4.routes', '0.0.0.0/0 192.0.2.1,10.20.0.0/16 192.0.2.254', 'ipv4.dns', '192.0.2.53,192.0.2.54'],
    ...['ipv6.method', 'manual', 'ipv6.addresses', '2001:db8::20/64', 'ipv6.dns', '2001:db8::53'],
  ]);
});

test('IPv6 of routers and of DHCPv6 is begun by listening to routers, beside a static address too', () => {
  const fixed = { kind: 'static', address: '192.0.2.20', prefix: 24 } as const;
  for (const [one, words, dhcp] of [
    [{ kind: 'slaac' }, [], 'no'],
    [{ kind: 'dhcpv6-stateful' }, ['dhcp6'], 'no'],
    [{ kind: 'dhcp', version: 6 }, ['dhcp6'], 'ipv6'],
  ] as const) {
    const told = insideWords(aPort([fixed, one]));
    assert.deepEqual(told.words, ['address=192.0.2.20/24', ...words]);
    assert.match(told.networkd, new RegExp(`^DHCP=${dhcp}\nIPv6AcceptRA=yes$`, 'm'));
    assert.deepEqual(told.networkManager.slice(-2), ['ipv6.method', 'auto']);
  }
  const both = insideWords(
    aPort([
      { kind: 'dhcp', version: 4 },
      { kind: 'dhcp', version: 6 },
    ]),
  );
  assert.match(both.networkd, /^DHCP=yes$/m);
});
