import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeSettings } from '../../../src/app/configuration-file.ts';

const decoded = (text: string) => {
  const { cpuDedicatedSet, cpuSharedSet } = decodeSettings(text, 'novalet.yaml');
  return [cpuDedicatedSet, cpuSharedSet];
};

test('CPUs are set aside as Nova writes them', () => {
  assert.deepEqual(decoded('cpu_dedicated_set: 4-7,^5\ncpu_shared_set: 0-1'), [
    [4, 6, 7],
    [0, 1],
  ]);
  assert.deepEqual(decoded('cpu_shared_set: 3'), [undefined, [3]]);
});

test('a set that is none, is empty or overlaps the other is refused', () => {
  assert.throws(() => decoded('cpu_shared_set: 3-1'), /cpu_shared_set is not a set of CPUs/);
  assert.throws(() => decoded('cpu_shared_set: 1,^1'), /cpu_shared_set is not a set of CPUs/);
  assert.throws(
    () => decoded('cpu_dedicated_set: 2-5\ncpu_shared_set: 0-2'),
    /cpu_shared_set names CPU 2, and so does cpu_dedicated_set/,
  );
});
