import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linkLocalOf, METADATA_ADDRESS_6 } from '../../../src/network/index.ts';
import { linkLocalNumber } from '../../../src/network/link-local.ts';

test('the link-local address of a MAC address is written as the kernel writes it', () => {
  assert.equal(linkLocalOf('fa:16:3e:8a:2c:01'), 'fe80::f816:3eff:fe8a:2c01');
  assert.equal(linkLocalOf('52:54:00:00:00:0a'), 'fe80::5054:ff:fe00:a');
  assert.equal(linkLocalOf('02:00:00:00:00:00'), 'fe80::ff:fe00:0');
  assert.equal(linkLocalOf('00:00:5e:00:53:01'), 'fe80::200:5eff:fe00:5301');
});

test('its number has 128 bits', () => {
  assert.equal(linkLocalNumber(METADATA_ADDRESS_6), '0xfe8000000000000000000000a9fea9fe');
  assert.equal(linkLocalNumber('fe80::f816:3eff:fe8a:2c01'), '0xfe80000000000000f8163efffe8a2c01');
  assert.equal(linkLocalNumber('fe80::5054:ff:fe00:a'), '0xfe80000000000000505400fffe00000a');
});
