import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guestLimits } from '../../../src/compute/guest-limits.ts';
import { extraSpecs } from '../../../src/model/index.ts';

const NONE = extraSpecs({
  'quota:cpu_quota': '-7',
  'quota:cpu_period': '0',
  'quota:vif_inbound_average': '0',
  'quota:vif_inbound_peak': '9',
  'quota:vif_outbound_average': '+08',
  'quota:vif_outbound_burst': '0',
  'quota:disk_total_iops_sec': '+5',
});

test('limits that are none, and numbers with a sign, are written as the schema of libvirt has them', () => {
  const { cpuTune, ioTune, bandwidth } = guestLimits(NONE, false);
  assert.deepEqual(cpuTune, { shares: undefined, quota: -1, period: undefined });
  assert.equal(ioTune['total_iops_sec'], '5');
  assert.deepEqual(bandwidth, {
    inbound: undefined,
    outbound: { average: '8', peak: undefined, burst: undefined },
  });
});

test('to the letter of Zed they stay as they were asked', () => {
  const { cpuTune, ioTune, bandwidth } = guestLimits(NONE, true);
  assert.deepEqual(cpuTune, { shares: undefined, quota: -7, period: 0 });
  assert.equal(ioTune['total_iops_sec'], '+5');
  assert.deepEqual(bandwidth.inbound, { average: '0', peak: '9', burst: undefined });
});

test('limits at the ends of what libvirt takes stay', () => {
  const specs = extraSpecs({
    'quota:cpu_quota': '17592186044415',
    'quota:disk_read_bytes_sec': '1000000000000000',
  });
  const { cpuTune, ioTune, bandwidth } = guestLimits(specs, false);
  assert.equal(cpuTune.quota, 17_592_186_044_415);
  assert.equal(ioTune['read_bytes_sec'], '1000000000000000');
  assert.deepEqual(bandwidth, { inbound: undefined, outbound: undefined });
});
