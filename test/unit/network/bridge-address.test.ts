import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasOther } from '../../../src/network/bridge-address.ts';

test('a bridge with an address of its own does not have IPv6 for our sake alone', () => {
  const line = `fe8000000000000000000000a9fea9fe 02 40 20 80     br0\n`;
  assert.equal(hasOther(line, 'br0'), false);
  assert.equal(hasOther(`${line}fd000000000000000000000000000001 02 40 00 80     br0\n`, 'br0'), true);
  assert.equal(hasOther(`${line}fd000000000000000000000000000001 03 40 00 80     br1\n`, 'br0'), false);
});
