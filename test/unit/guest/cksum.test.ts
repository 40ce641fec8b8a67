import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cksum } from '../../../src/guest/credentials/cksum.ts';

test('the sum is the one that cksum prints', () => {
  assert.equal(cksum(Buffer.from('')), '4294967295 0');
  assert.equal(cksum(Buffer.from('abc\n')), '1112837078 4');
  assert.equal(cksum(Buffer.alloc(70_000)), '1774371287 70000');
});
