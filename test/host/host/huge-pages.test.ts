import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readHugePages } from '../../../src/host/index.ts';

test("the kernel's pools of huge pages are read by cell", (t) => {
  const numaNodes = mkdtempSync(join(tmpdir(), 'nvt-nodes-'));
  t.after(() => rmSync(numaNodes, { recursive: true }));
  const pool = (node: string, size: string, total: string, free: string) => {
    const folder = join(numaNodes, node, 'hugepages', `hugepages-${size}kB`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'nr_hugepages'), `${total}\n`);
    writeFileSync(join(folder, 'free_hugepages'), `${free}\n`);
  };
  pool('node0', '2048', '512', '500');
  pool('node2', '1048576', '4', '0');
  mkdirSync(join(numaNodes, 'node1'));
  mkdirSync(join(numaNodes, 'power'));
  const pools = readHugePages({ numaNodes });
  assert.deepEqual(
    [...pools].toSorted(([a], [b]) => a - b),
    [
      [0, [{ sizeKiB: 2048, total: 512, free: 500 }]],
      [1, []],
      [2, [{ sizeKiB: 1_048_576, total: 4, free: 0 }]],
    ],
  );
});

test('a kernel that shows no cells has no pools', () => {
  assert.equal(readHugePages({ numaNodes: '/nonexistent' }).size, 0);
});
