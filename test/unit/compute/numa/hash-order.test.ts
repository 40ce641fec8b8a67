import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HashOrderedSet } from '../../../../src/compute/numa/hash-order.ts';

const order = (...numbers: readonly number[]) => [...HashOrderedSet.of(numbers)];

test('small numbers come in their own order', () => {
  assert.deepEqual(order(5, 0, 3), [0, 3, 5]);
  assert.deepEqual(order(), []);
});

test('numbers that meet in a slot come as CPython 3.11 gives them', () => {
  // list(set([3, 11])), and so on
  assert.deepEqual(order(3, 11), [11, 3]);
  assert.deepEqual(order(11, 3), [3, 11]);
  assert.deepEqual(order(0, 8), [0, 8]);
  assert.deepEqual(order(7, 8), [8, 7]);
  assert.deepEqual(order(1, 33, 65, 97), [65, 1, 97, 33]);
  // list(set(range(0, 108, 9)))
  assert.deepEqual(
    order(...Array.from({ length: 12 }, (_unused, step) => step * 9)),
    [0, 99, 36, 72, 9, 45, 81, 18, 54, 90, 27, 63],
  );
});

test('a stored set is filled from the given one', () => {
  assert.deepEqual([...HashOrderedSet.of([3, 11]).stored()], [3, 11]);
});

test('an intersection walks the smaller set', () => {
  const siblings = HashOrderedSet.of([3, 11]).stored();
  assert.deepEqual([...siblings.and(HashOrderedSet.of([0, 1, 2, 3, 11]))], [11, 3]);
  assert.deepEqual([...siblings.and(HashOrderedSet.of([11]))], [11]);
});

test('what is taken away is gone, and what stood behind it is still found', () => {
  const some = HashOrderedSet.of([3, 11, 4, 5, 6, 7]).minus(new Set([3]));
  assert.equal(some.size, 5);
  assert.equal(some.has(3), false);
  assert.equal(some.has(11), true);
  assert.deepEqual([...HashOrderedSet.of([3, 11]).minus(new Set([11]))], [3]);
});
