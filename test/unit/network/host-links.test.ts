import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readIpOutput } from '../../../src/network/host-links.ts';
import { formatSubnet } from '../../../src/network/ipv4.ts';

// As iproute2 6.1 prints them, with the fields that nobody reads left out.
const ROUTES = JSON.stringify([
  { dst: 'default', gateway: '192.0.2.1', dev: 'eth0', flags: [] },
  { dst: '192.0.2.0/24', dev: 'eth0', protocol: 'kernel', scope: 'link', prefsrc: '192.0.2.2' },
  { type: 'unreachable', dst: '198.51.100.7', table: 'main' },
  { type: 'local', dst: '127.0.0.0/8', dev: 'lo', table: 'local' },
]);
const LINKS = JSON.stringify([
  { ifname: 'lo', mtu: 65536, addr_info: [{ family: 'inet', local: '127.0.0.1', prefixlen: 8 }] },
  {
    ifname: 'eth0',
    mtu: 1400,
    addr_info: [
      { family: 'inet', local: '192.0.2.2', prefixlen: 24 },
      { family: 'inet6', local: 'fd00::2', prefixlen: 64 },
    ],
  },
  { ifname: 'br9', mtu: 1500, addr_info: [{ family: 'inet', local: '10.9.0.1', prefixlen: 16 }] },
]);

test('subnets come from routes and from addresses, also of devices that are down', () => {
  const { subnets, uplinkMtu } = readIpOutput(ROUTES, LINKS);
  assert.deepEqual([...new Set(subnets.map(formatSubnet))].sort(), [
    '10.9.0.0/16',
    '127.0.0.0/8',
    '192.0.2.0/24',
    '198.51.100.7/32',
  ]);
  assert.equal(uplinkMtu, 1400);
});

test('a host without routes prints nothing, and has no uplink', () => {
  assert.deepEqual(readIpOutput('', ''), { subnets: [], uplinkMtu: null });
});

test('output that is not JSON is a fault', () => {
  assert.throws(() => readIpOutput('Option "-json" is unknown', ''), { code: 'IP_OUTPUT_UNREADABLE' });
});
