import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { hostRoom } from '../../../../src/compute/numa/host-room.ts';
import { readPlacement } from '../../../../src/compute/numa/read-placement.ts';
import { type HostCell, parseXml } from '../../../../src/libvirt-xml/index.ts';

/** Two cells of four CPUs. */
const CELLS: readonly HostCell[] = [0, 1].map((id) => ({
  id,
  memoryKiB: 8 * 1024 ** 2,
  pages: [],
  cpus: [0, 1, 2, 3].map((cpu) => ({ id: 4 * id + cpu, socket: id, core: cpu, siblings: [4 * id + cpu] })),
}));

const read = (inside: string) => readPlacement(parseXml(`<domain>${inside}</domain>`, 'a test'), CELLS);

test('a domain that is bound to no place holds nothing', () => {
  assert.equal(read('<memory>1048576</memory><vcpu>2</vcpu>'), null);
  assert.equal(read('<vcpu>2</vcpu><cputune><vcpupin vcpu="0" cpuset="0-3"/></cputune>'), null);
});

test('a vCPU with a CPU to itself holds it, in whichever cell that is', () => {
  const placed = read(
    '<memory unit="GiB">2</memory><vcpu>3</vcpu>' +
      '<cputune><vcpupin vcpu="0" cpuset="5"/><vcpupin vcpu="1" cpuset="1"/><vcpupin vcpu="2" cpuset="0-3"/></cputune>',
  );
  const [cell] = placed?.cells ?? [];
  assert.equal(cell?.hostCell, 1);
  assert.equal(cell?.memoryMiB, 2048);
  assert.deepEqual(cell?.floating, [2]);
  const room = hostRoom({
    cells: CELLS,
    hugePages: new Map(),
    dedicatedSet: null,
    sharedSet: null,
    instances: [{ name: 'adopted', numa: placed, vmState: 'active', taskState: null }],
  });
  const held = room.cells.map(({ holdings }) => holdings.map(({ cpus, memoryMiB }) => [cpus, memoryMiB]));
  assert.deepEqual(held, [[[[1], 0]], [[[5], 2048]]]);
});

test('cells, memory and pages are read as they are bound', () => {
  const placed = read(
    '<vcpu>2</vcpu><memoryBacking><hugepages><page size="2" unit="MiB" nodeset="1"/></hugepages><locked/></memoryBacking>' +
      '<numatune><memory mode="strict" nodeset="0-1"/><memnode cellid="1" mode="strict" nodeset="0"/></numatune>' +
      '<cpu><numa><cell id="0" cpus="0" memory="512" unit="MiB"/><cell id="1" cpus="1" memory="1048576"/></numa></cpu>',
  );
  assert.deepEqual(
    placed?.cells.map(({ hostCell, memoryMiB, pageSizeKiB }) => [hostCell, memoryMiB, pageSizeKiB]),
    [
      [null, 512, null],
      [0, 1024, 2048],
    ],
  );
  assert.equal(placed?.isMemoryLocked, true);
});

test('what we write for a placement is read as the same place', () => {
  const golden = join(import.meta.dirname, '../../../golden/zed/pages-pinned.xml');
  const placed = readPlacement(parseXml(readFileSync(golden, 'utf8'), golden), CELLS);
  assert.deepEqual(placed?.cells[0]?.heldCpus, [0, 1, 2, 3]);
  assert.equal(placed?.cells[0]?.hostCell, 0);
  assert.equal(placed?.cells[0]?.pageSizeKiB, 2048);
  assert.deepEqual(placed?.emulatorCpus, [0, 1, 2, 3]);
});
