import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIpv6Route, parseRoute } from '../../../src/guest/facts/routes.ts';

const HEADING = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n';

test("the kernel's IPv4 routes are read, with gateways, prefixes and metrics", () => {
  const table = `${HEADING}eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n`;
  assert.deepEqual(parseRoute(table), [
    { family: 'ipv4', destination: '0.0.0.0/0', gateway: '192.0.2.1', interface: 'eth0', metric: 100 },
    { family: 'ipv4', destination: '192.0.2.0/24', interface: 'eth0', metric: 0 },
  ]);
});

test("the kernel's IPv6 routes are read, without the host's own addresses and rejects", () => {
  const none = '0'.repeat(32);
  const table = `fd000000000000000000000000000000 40 ${none} 00 ${none} 00000100 00000001 00000000 00000001     eth0
${none} 00 ${none} 00 fe800000000000000000000000000001 00000400 00000002 00000000 00000003     eth0
${none} 00 ${none} 00 ${none} ffffffff 00000001 00000000 00200200       lo
00000000000000000000000000000001 80 ${none} 00 ${none} 00000000 00000002 00000000 80200001       lo\n`;
  assert.deepEqual(parseIpv6Route(table), [
    { family: 'ipv6', destination: 'fd00::/64', interface: 'eth0', metric: 256 },
    { family: 'ipv6', destination: '::/0', gateway: 'fe80::1', interface: 'eth0', metric: 1024 },
  ]);
});

test('a table that a hostile guest made up gives no routes, and no failure', () => {
  for (const text of ['', 'x', `${HEADING}eth0\tZZ\t-1`, `${'9 '.repeat(5000)}\n`, '\0\n\0']) {
    assert.deepEqual([...parseRoute(text), ...parseIpv6Route(text)], []);
  }
  const many = 'eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\n'.repeat(30_000);
  assert.equal(parseRoute(many).length, 20_000);
});
