import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Breaker } from '../../../src/guest/index.ts';

test('after a hang calls fail for a pause, then one may try, and pauses double up to the longest', () => {
  let now = 0;
  const breaker = new Breaker({ firstPauseMs: 100, longestPauseMs: 300, now: () => now });
  assert.deepEqual(breaker.state, { kind: 'closed' });
  breaker.trip();
  assert.deepEqual(breaker.state, { kind: 'open', remainingMs: 100 });
  now = 100;
  assert.deepEqual(breaker.state, { kind: 'probing' });
  breaker.trip();
  assert.deepEqual(breaker.state, { kind: 'open', remainingMs: 200 });
  breaker.trip();
  breaker.trip();
  assert.deepEqual(breaker.state, { kind: 'open', remainingMs: 300 });
  breaker.reset();
  assert.deepEqual(breaker.state, { kind: 'closed' });
});
