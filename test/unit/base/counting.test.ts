// What doors count with: how often a source comes, and how many are inside.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Counter, Rate } from '../../../src/base/index.ts';

test('a rate lets a burst through, and then as many as there are seconds', () => {
  const rate = new Rate(2);
  const passed = Array.from({ length: 20 }, () => rate.admits('a', 0)).filter(Boolean).length;
  assert.equal(passed, 10);
  assert.ok(rate.admits('b', 0));
  assert.ok(rate.admits('a', 500) && !rate.admits('a', 500));
});

test('places are counted by key and in all, and given back once', () => {
  const counter = new Counter();
  const first = counter.take('a', 1, 2);
  assert.ok(first !== undefined && counter.take('a', 1, 2) === undefined);
  assert.ok(counter.take('b', 1, 2) !== undefined && counter.take('c', 1, 2) === undefined);
  first();
  first();
  assert.ok(counter.take('c', 1, 2) !== undefined && counter.take('d', 1, 2) === undefined);
});
