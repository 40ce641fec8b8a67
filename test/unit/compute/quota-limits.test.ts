import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../../src/base/index.ts';
import { checkFlavorAlone } from '../../../src/compute/flavor-alone.ts';

function check(extraSpecs: Record<string, string>): void {
  checkFlavorAlone({ vcpus: 1, memoryMiB: 64, extraSpecs });
}

const REFUSED: readonly (readonly [key: string, value: string])[] = [
  ['quota:cpu_period', '999'],
  ['quota:cpu_period', '1000001'],
  ['quota:cpu_quota', '999'],
  ['quota:cpu_quota', '17592186044416'],
  ['quota:cpu_shares', '1'],
  ['quota:cpu_shares', '262145'],
  ['quota:disk_total_iops_sec', '1000000000000001'],
  ['quota:disk_read_bytes_sec', '1 '],
  ['quota:vif_inbound_average', ' 8'],
  ['quota:vif_inbound_average', '4294967296'],
  ['quota:vif_outbound_peak', '4294967296'],
  ['hw_rng:rate_bytes', '4294967296'],
  ['hw_rng:rate_period', '4294967296'],
  ['hw:maxphysaddr_bits', '31'],
  ['hw:maxphysaddr_bits', '53'],
];

for (const [key, value] of REFUSED) {
  test(`a flavor with ${key}="${value}", which libvirt refuses, is refused under that name when it is made`, () => {
    assert.throws(
      () => check({ [key]: value }),
      (error) =>
        error instanceof Fault &&
        error.code === 'EXTRA_SPEC_INVALID' &&
        error.details['key'] === key &&
        error.hint?.startsWith(key) === true,
    );
  });
}

test('quotas and rates at the ends of what libvirt takes are taken', () => {
  for (const extraSpecs of [
    { 'quota:cpu_period': '1000', 'quota:cpu_quota': '1000', 'quota:cpu_shares': '2' },
    { 'quota:cpu_period': '1000000', 'quota:cpu_quota': '17592186044415', 'quota:cpu_shares': '262144' },
    { 'quota:cpu_period': '0', 'quota:cpu_quota': '0', 'quota:cpu_shares': '0' },
    { 'quota:cpu_quota': '-7', 'quota:disk_total_bytes_sec': '1000000000000000' },
    { 'quota:disk_total_bytes_sec': '0', 'quota:disk_read_bytes_sec': '5' },
    { 'quota:disk_total_bytes_sec': '5', 'quota:disk_read_iops_sec': '5' },
    { 'quota:vif_inbound_average': '4294967295', 'quota:vif_outbound_burst': '0' },
    { 'hw_rng:rate_bytes': ' 4294967295', 'hw_rng:rate_period': '0' },
  ])
    check(extraSpecs);
});

test('a limit of all of a disk beside one of its reads or writes is a conflict', () => {
  for (const unit of ['bytes', 'iops'])
    for (const way of ['read', 'write']) {
      const specs = { [`quota:disk_total_${unit}_sec`]: '5', [`quota:disk_${way}_${unit}_sec`]: '6' };
      assert.throws(
        () => check(specs),
        (error) => error instanceof Fault && error.code === 'EXTRA_SPECS_CONFLICT',
      );
    }
});

test('a key of nobody that is called as something of JavaScript is no quota', () => {
  check({ constructor: '5', toString: ' 5' });
});
