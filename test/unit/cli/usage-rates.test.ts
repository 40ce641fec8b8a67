import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ratesBetween } from '../../../src/cli/usage-rates.ts';
import { cpuUse, diskUses, memoryUse, nicUses } from '../../../src/compute/diagnostics/read-usage.ts';
import type { Usage } from '../../../src/compute/index.ts';

function usage(name: string, cpuNs: number, bytes: number): Usage {
  const figures = {
    'cpu.time': cpuNs,
    'block.count': 1,
    'block.0.rd.bytes': bytes,
    'net.count': 1,
    'net.0.tx.bytes': 2 * bytes,
  };
  return {
    id: name,
    name,
    cpu: cpuUse(figures),
    memory: memoryUse({ 'balloon.rss': 100 }),
    disks: diskUses(figures),
    nics: nicUses(figures, new Map()),
  };
}

test('rates are of the time between two samples, the busiest instance first', () => {
  const before = { atMs: 1000, instances: [usage('a', 0, 0), usage('b', 0, 1000)] };
  const after = { atMs: 3000, instances: [usage('a', 1e9, 4000), usage('b', 3e9, 1000)] };
  const rates = ratesBetween(before, after);
  assert.deepEqual(
    rates.map(({ name, cpuPercent, readRate, txRate }) => [name, cpuPercent, readRate, txRate]),
    [
      ['b', 150, 0, 0],
      ['a', 50, 2000, 4000],
    ],
  );
});

test('an instance that started anew in between has no rate below zero', () => {
  const before = { atMs: 0, instances: [usage('a', 9e9, 9000), usage('gone', 1, 1)] };
  const after = { atMs: 1000, instances: [usage('a', 5e8, 100), usage('new', 1e8, 0)] };
  assert.deepEqual(
    ratesBetween(before, after).map(({ name, cpuPercent, readRate }) => [name, cpuPercent, readRate]),
    [
      ['a', 50, 100],
      ['new', 10, 0],
    ],
  );
});
