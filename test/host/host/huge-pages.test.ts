import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { lookAtHugePages } from '../../../src/host/check-huge-pages.ts';
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

test('the doctor sees how much is set aside, and whether hugetlbfs is mounted', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'nvt-nodes-'));
  t.after(() => rmSync(root, { recursive: true }));
  const mounts = join(root, 'mounts');
  const pool = join(root, 'node0', 'hugepages', 'hugepages-2048kB');
  mkdirSync(pool, { recursive: true });
  writeFileSync(join(pool, 'nr_hugepages'), '64\n');
  writeFileSync(join(pool, 'free_hugepages'), '64\n');
  writeFileSync(mounts, 'proc /proc proc rw 0 0\n');
  assert.deepEqual(lookAtHugePages({ numaNodes: root, mounts }), { memoryMiB: 128, isMounted: false });
  writeFileSync(mounts, 'hugetlbfs /dev/hugepages hugetlbfs rw,relatime,pagesize=2M 0 0\n');
  assert.equal(lookAtHugePages({ numaNodes: root, mounts }).isMounted, true);
});
