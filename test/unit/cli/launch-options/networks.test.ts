import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../../src/base/index.ts';
import { readNetwork, readNetworkOptions } from '../../../../src/cli/launch-options/networks.ts';

/** What the fault says, and its hint. */
function refusal(text: string): string {
  try {
    readNetwork(text);
  } catch (error) {
    assert.ok(isFault(error, 'OPTION_INVALID'), `${error}`);
    return `${error.message}. ${error.hint}`;
  }
  assert.fail(`${text} was taken`);
}

test('a name alone is a network, nothing at all the managed one, and each option one card', () => {
  assert.deepEqual(readNetworkOptions({}), {});
  assert.deepEqual(readNetworkOptions({ network: ['br0', '', 'none'] }), {
    networks: [{ network: 'br0' }, {}, { network: 'none' }],
  });
});

test('addresses, gateways, routes and servers go to the address of their IP version', () => {
  const text =
    'br0,address=192.0.2.10/24,gateway=192.0.2.1,address=2001:db8::10/64,gateway=fe80::1,dns=192.0.2.53,' +
    'dns=2001:db8::53,route=10.0.0.0/8:192.0.2.254,route=2001:db8:1::/48:fe80::2,mac=fa:16:3e:00:00:01,mtu=1400';
  assert.deepEqual(readNetwork(text), {
    network: 'br0',
    mac: 'fa:16:3e:00:00:01',
    mtu: 1400,
    addressing: [
      {
        kind: 'static',
        address: '192.0.2.10',
        prefix: 24,
        gateway: '192.0.2.1',
        routes: [{ destination: '10.0.0.0/8', gateway: '192.0.2.254' }],
        dns: ['192.0.2.53'],
      },
      {
        kind: 'static',
        address: '2001:db8::10',
        prefix: 64,
        gateway: 'fe80::1',
        routes: [{ destination: '2001:db8:1::/48', gateway: 'fe80::2' }],
        dns: ['2001:db8::53'],
      },
    ],
  });
});

test('on the managed network a name and a prefix are not needed, and gateway=none is no gateway', () => {
  assert.deepEqual(readNetwork('address=192.168.150.9'), {
    addressing: [{ kind: 'static', address: '192.168.150.9' }],
  });
  assert.deepEqual(readNetwork(',address=192.168.150.9,gateway=none'), {
    addressing: [{ kind: 'static', address: '192.168.150.9', gateway: null }],
  });
});

test('IPv4 comes by DHCP unless it has an address or is not wanted, and each IPv6 way has its word', () => {
  const dhcp = { kind: 'dhcp', version: 4 } as const;
  const ways = [
    ['ipv6=slaac', [dhcp, { kind: 'slaac' }]],
    ['ipv6=dhcp', [dhcp, { kind: 'dhcp', version: 6 }]],
    ['ipv6=dhcpv6-stateless,ipv4=none', [{ kind: 'dhcpv6-stateless' }]],
    ['ipv6=dhcpv6-stateful', [dhcp, { kind: 'dhcpv6-stateful' }]],
    ['ipv6=none', [dhcp]],
    ['ipv4=none', []],
    ['ipv6=2001:db8::5/64', [dhcp, { kind: 'static', address: '2001:db8::5', prefix: 64 }]],
    ['ipv4=dhcp,address=192.0.2.7/24', [dhcp, { kind: 'static', address: '192.0.2.7', prefix: 24 }]],
    ['dns=2001:db8::53', [{ ...dhcp, dns: ['2001:db8::53'] }]],
  ] as const;
  for (const [text, addressing] of ways) {
    assert.deepEqual(readNetwork(`br0,${text}`), { network: 'br0', addressing }, text);
  }
});

test('a word that is none is refused with the nearest, and so is a value that none takes', () => {
  assert.match(refusal('br0,adress=192.0.2.7/24'), /no "adress".*Did you mean address=\?/);
  assert.match(refusal('br0,ipv6=slac'), /cannot be "slac".*Did you mean slaac\?/);
  assert.match(refusal('br0,ipv4=static'), /ipv4= cannot be "static"/);
  assert.match(refusal('br0,mtu=big'), /mtu= is not a whole number/);
  assert.match(refusal('br0,mtu=1400,mtu=1500'), /mtu= twice/);
  assert.match(refusal('br0,mac'), /a value behind mac=/);
  assert.match(refusal('br0,address=192.0.2/24'), /is not an address/);
  assert.match(refusal('br0,ipv6=2001:db8::zz/64'), /is not an IPv6 address/);
  assert.match(refusal('br0,address=192.0.2.7/24,route=10.0.0.0:192.0.2.1'), /is not a route/);
});

test('what nothing would take is refused, rather than dropped', () => {
  assert.match(refusal('br0,gateway=192.0.2.1'), /gateway=192.0.2.1 stands without an address/);
  assert.match(refusal('br0,ipv6=slaac,gateway=none'), /gateway=none stands without/);
  assert.match(refusal('br0,address=192.0.2.7/24,gateway=fe80::1'), /gateway=fe80::1 stands without/);
  assert.match(refusal('br0,route=10.0.0.0/8:192.0.2.1'), /the route to 10.0.0.0\/8 stands without/);
  assert.match(refusal('br0,ipv4=none,dns=192.0.2.53'), /dns= stands without/);
});

test('of two words that contradict each other none goes in silence', () => {
  assert.match(refusal('br0,address=192.0.2.7/24,ipv4=none'), /ipv4=none, and an IPv4 address/);
  assert.match(refusal('br0,address=2001:db8::7/64,ipv6=none'), /ipv6=none, and an IPv6 address/);
  assert.match(
    refusal('br0,address=192.0.2.7/24,gateway=192.0.2.1,gateway=192.0.2.2'),
    /one for each IP version/,
  );
  assert.match(refusal('br0,address=192.0.2.7/24,gateway=none,gateway=192.0.2.2'), /one for each IP version/);
});

test('port= stands in place of the name, with what a card may have besides', () => {
  assert.deepEqual(readNetwork('port=front'), { port: 'front' });
  assert.deepEqual(readNetwork('port=front,mtu=1400,ipv6=slaac'), {
    port: 'front',
    mtu: 1400,
    addressing: [{ kind: 'dhcp', version: 4 }, { kind: 'slaac' }],
  });
  assert.match(refusal('port='), /wants a value behind port=/);
  assert.match(refusal('port=a,port=b'), /has port= twice/);
});
