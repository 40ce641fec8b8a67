import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { firstMatch } from '../../../../src/compute/numa/first-match.ts';

type Allowed = readonly (readonly boolean[])[];

/** By trying the permutations in order. */
function byWalking(allowed: Allowed, chosen: readonly number[] = []): readonly number[] | null {
  const row = allowed[chosen.length];
  if (row === undefined) return chosen;
  for (const [column, isAllowed] of row.entries()) {
    if (!isAllowed || chosen.includes(column)) continue;
    const found = byWalking(allowed, [...chosen, column]);
    if (found !== null) return found;
  }
  return null;
}

const tables: fc.Arbitrary<Allowed> = fc
  .tuple(
    fc.integer({ min: 1, max: 6 }),
    fc.integer({ min: 1, max: 7 }),
    fc.double({ min: 0.2, max: 1, noNaN: true }),
  )
  .chain(([rows, columns, share]) => {
    const one = fc.double({ min: 0, max: 1, noNaN: true }).map((roll) => roll <= share);
    const row = fc.array(one, { minLength: columns, maxLength: columns });
    return fc.array(row, { minLength: rows, maxLength: rows });
  });

test('the assignment is the one that walking the permutations finds first', () => {
  fc.assert(
    fc.property(tables, (allowed) => {
      assert.deepEqual(firstMatch(allowed), byWalking(allowed));
    }),
    { numRuns: 3000 },
  );
});

test('no rows need no columns, and more rows than columns have no assignment', () => {
  assert.deepEqual(firstMatch([]), []);
  assert.equal(firstMatch([[true], [true]]), null);
});
