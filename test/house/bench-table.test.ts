// What `npm run bench` prints, and when: the figures are made up, and nothing is measured.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compared, limited, type Measurement } from '../bench/measure.ts';
import { measureAll, type NamedBench } from '../bench/measure-all.ts';

const FAST = compared('fast', { unit: 'ms', ours: 12, baseline: 10, goal: 1.2, plus: 30 });
const SMALL = limited('small', { unit: 'MiB', ours: 180, goal: 200 });

interface Seen {
  printed: string;
  readonly measuring: string[];
}

async function measured(seen: Seen, benches: readonly NamedBench[]): Promise<readonly Measurement[]> {
  return await measureAll(benches, {
    print: (text) => {
      seen.printed += text;
    },
    measuring: (name) => seen.measuring.push(name),
    hung: (name) => assert.fail(`${name} hangs`),
    longestMs: 60_000,
  });
}

const HEAD = '| what | novalet | baseline | ratio | goal |\n|---|---|---|---|---|\n';
const ROWS = [
  '| fast | 12.0 ms | 10.0 ms | 1.20 | ≤ 1.2 + 30 ms |\n',
  '| small | 180 MiB |  |  | ≤ 200 MiB |\n',
];

test('the rows of a bench are there when it ends, and all together are one table', async () => {
  const seen: Seen = { printed: '', measuring: [] };
  const before: string[] = [];
  const bench = (name: string, row: Measurement): NamedBench => [
    name,
    async () => ({
      run: async () => {
        before.push(seen.printed);
        return [row];
      },
    }),
  ];
  const all = await measured(seen, [bench('first', FAST), bench('second', SMALL)]);
  assert.deepEqual(before, [HEAD, HEAD + ROWS[0]]);
  assert.equal(seen.printed, HEAD + ROWS.join(''));
  assert.deepEqual(
    [all, seen.measuring],
    [
      [FAST, SMALL],
      ['first', 'second'],
    ],
  );
});

test('a bench that fails takes nothing from those before it', async () => {
  const seen: Seen = { printed: '', measuring: [] };
  const failing = measured(seen, [
    ['first', async () => ({ run: async () => [SMALL] })],
    ['second', async () => ({ run: async () => Promise.reject(new Error('no guest')) })],
  ]);
  await assert.rejects(failing, /no guest/);
  assert.equal(seen.printed, HEAD + ROWS[1]);
});
