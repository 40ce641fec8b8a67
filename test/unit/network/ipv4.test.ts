import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  addressesFrom,
  formatIpv4,
  formatSubnet,
  lastOf,
  overlap,
  parseIpv4,
  parseSubnet,
  type Subnet,
  subnetOf,
} from '../../../src/network/ipv4.ts';

const anAddress = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const aSubnet = fc
  .tuple(anAddress, fc.integer({ min: 0, max: 32 }))
  .map(([at, prefix]) => subnetOf(at, prefix));

function contains(subnet: Subnet, address: number): boolean {
  return address >= subnet.base && address <= lastOf(subnet);
}

test('an address survives being written and read', () => {
  fc.assert(fc.property(anAddress, (address) => parseIpv4(formatIpv4(address)) === address));
  assert.equal(formatIpv4(0xc0a87b01), '192.168.123.1');
});

test('what is not an address is not read as one', () => {
  for (const text of [
    '',
    '1.2.3',
    '1.2.3.4.5',
    '256.0.0.1',
    '01.2.3.4',
    '1.2.3.x',
    ' 1.2.3.4',
    '-1.2.3.4',
    '::1',
  ]) {
    assert.equal(parseIpv4(text), undefined, text);
  }
});

test('a subnet is read with its host bits cleared, and an address alone is a subnet of one', () => {
  const cases: readonly [string, string | undefined][] = [
    ['10.1.2.3/16', '10.1.0.0/16'],
    ['10.1.2.3', '10.1.2.3/32'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['255.255.255.255/1', '128.0.0.0/1'],
    ['10.0.0.0/33', undefined],
    ['10.0.0.0/', undefined],
    ['10.0.0.0/24/1', undefined],
    ['10.0.0/24', undefined],
  ];
  for (const [text, wanted] of cases) {
    const subnet = parseSubnet(text);
    assert.equal(subnet === undefined ? undefined : formatSubnet(subnet), wanted, text);
  }
});

test('two subnets overlap exactly when one contains the first address of the other', () => {
  fc.assert(
    fc.property(aSubnet, aSubnet, (one, other) => {
      const wanted = contains(one, other.base) || contains(other, one.base);
      return overlap(one, other) === wanted && overlap(other, one) === wanted;
    }),
  );
});

test('a range names every address from its first to its last', () => {
  assert.deepEqual(addressesFrom(0x0a0000fe, 0x0a000101), [
    '10.0.0.254',
    '10.0.0.255',
    '10.0.1.0',
    '10.0.1.1',
  ]);
  assert.deepEqual(addressesFrom(2, 1), []);
});
