import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatSubnet, overlap, parseSubnet, type Subnet, subnetOf } from '../../../src/network/ipv4.ts';
import { chooseSubnet, layoutOf, requireSubnet } from '../../../src/network/subnet.ts';

function subnets(...texts: readonly string[]): readonly Subnet[] {
  return texts.map((text) => {
    const subnet = parseSubnet(text);
    assert.ok(subnet, text);
    return subnet;
  });
}

test('the first free subnet is taken', () => {
  assert.equal(formatSubnet(chooseSubnet([])), '192.168.150.0/24');
  assert.equal(formatSubnet(chooseSubnet(subnets('192.168.150.7/32'))), '192.168.151.0/24');
  assert.equal(formatSubnet(chooseSubnet(subnets('192.168.0.0/16'))), '10.200.0.0/24');
  assert.equal(formatSubnet(chooseSubnet(subnets('192.168.0.0/16', '10.0.0.0/8'))), '172.31.250.0/24');
});

test('ways out of the host are no neighbours: a default route, the two halves of a VPN', () => {
  const used = subnets('0.0.0.0/0', '0.0.0.0/1', '128.0.0.0/1');
  assert.equal(formatSubnet(chooseSubnet(used)), '192.168.150.0/24');
});

test('a host where everything is used says so', () => {
  const used = subnets('192.168.0.0/16', '10.0.0.0/8', '172.16.0.0/12');
  assert.throws(() => chooseSubnet(used), { code: 'SUBNET_EXHAUSTED', kind: 'exhausted' });
});

test('what is chosen overlaps nothing that is used', () => {
  const aUsed = fc.tuple(
    fc.constantFrom(0xc0a80000, 0x0ac80000, 0xac100000),
    fc.nat(0xffff),
    fc.integer({ min: 16, max: 32 }),
  );
  const someUsed = fc.array(
    aUsed.map(([base, offset, prefix]) => subnetOf(base + offset, prefix)),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(someUsed, (used) => {
      const chosen = chooseSubnet(used);
      return used.every((other) => !overlap(chosen, other));
    }),
  );
});

test('the operator may name a subnet that is free and large enough', () => {
  assert.equal(formatSubnet(requireSubnet('10.9.8.7/22', [])), '10.9.8.0/22');
  for (const wish of ['10.0.0.0', '10.0.0.0/30', '10.0.0.0/7', 'ten/24', 'fd00::/64']) {
    assert.throws(() => requireSubnet(wish, []), { code: 'SUBNET_INVALID', kind: 'invalid' }, wish);
  }
  assert.throws(() => requireSubnet('10.0.0.0/24', subnets('10.0.0.128/25')), {
    code: 'SUBNET_IN_USE',
    message: 'The subnet 10.0.0.0/24 overlaps 10.0.0.128/25, which this host uses already',
  });
});

test('the host takes the first address, guests the others', () => {
  const [narrow, usual] = subnets('10.0.0.8/29', '192.168.150.0/24').map(layoutOf);
  assert.deepEqual([narrow?.gateway, narrow?.first, narrow?.last], ['10.0.0.9', '10.0.0.10', '10.0.0.14']);
  assert.deepEqual(
    [usual?.gateway, usual?.first, usual?.last],
    ['192.168.150.1', '192.168.150.2', '192.168.150.254'],
  );
});

test('one in sixteen addresses is left for others, and no network keeps more than a thousand', () => {
  const [narrow, usual, wide] = subnets('10.0.0.8/29', '192.168.150.0/24', '10.0.0.0/8').map(layoutOf);
  assert.deepEqual(narrow?.kept, ['10.0.0.10', '10.0.0.11', '10.0.0.12', '10.0.0.13', '10.0.0.14']);
  assert.deepEqual(
    [usual?.kept.length, usual?.kept[0], usual?.kept.at(-1)],
    [238, '192.168.150.2', '192.168.150.239'],
  );
  assert.equal(wide?.kept.length, 1000);
});
