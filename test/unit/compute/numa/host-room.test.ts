import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitOntoHost } from '../../../../src/compute/numa/fit-host.ts';
import { freePagesKiB } from '../../../../src/compute/numa/host-cell.ts';
import { type HostRoomInput, hostRoom } from '../../../../src/compute/numa/host-room.ts';
import type { HostCell } from '../../../../src/libvirt-xml/index.ts';
import type { Instance } from '../../../../src/model/index.ts';
import { anInstance } from '../../store/an-instance.ts';
import { aRequest, pinnedCells } from './a-host.ts';

const CORES = [
  [0, 4],
  [1, 5],
  [2, 6],
  [3, 7],
];

/** Four cores of two threads each, as libvirt shows them. */
const CELL: HostCell = {
  id: 0,
  memoryKiB: 8 * 1024 ** 2,
  pages: [
    { sizeKiB: 4, total: 2_000_000 },
    { sizeKiB: 2048, total: 0 },
  ],
  cpus: CORES.flatMap((siblings, core) => siblings.map((id) => ({ id, socket: 0, core, siblings }))),
};

const UP = { vmState: 'active', taskState: null } as const;

function room(changes: Partial<HostRoomInput> = {}) {
  return hostRoom({
    cells: [CELL],
    hugePages: new Map(),
    dedicatedSet: null,
    sharedSet: null,
    instances: [],
    ...changes,
  });
}

test('with neither set every CPU serves pinned and floating vCPUs', () => {
  const [cell] = room().cells;
  assert.deepEqual(cell?.cores, CORES);
  assert.equal(cell?.dedicatedCpus.length, 8);
  assert.equal(cell?.sharedCpus.length, 8);
  assert.equal(room().sharedPool, null);
});

test('one set leaves the other kind nothing but its own', () => {
  const [pinned] = room({ dedicatedSet: [2, 3, 6] }).cells;
  assert.deepEqual(pinned?.cores, [[2, 6], [3]]);
  assert.deepEqual(pinned?.sharedCpus, []);
  const shared = room({ sharedSet: [0, 9] });
  assert.deepEqual(shared.cells[0]?.dedicatedCpus, []);
  assert.deepEqual(shared.sharedPool, [0], 'CPU 9 is not there');
});

test("the kernel's count of huge pages is newer than libvirt's", () => {
  const hugePages = new Map([[0, [{ sizeKiB: 2048, total: 100, free: 40 }]]]);
  const [cell] = room({ hugePages }).cells;
  const pool = cell?.pages[1];
  assert.ok(cell !== undefined && pool !== undefined);
  assert.equal(freePagesKiB(cell, pool), 40 * 2048, 'others use some');
});

test('an instance holds its CPUs, memory and pages, whatever it does', () => {
  const hugePages = new Map([[0, [{ sizeKiB: 2048, total: 1024, free: 1024 }]]]);
  const request = aRequest({ cells: pinnedCells([3], 1024), pageSize: 2048 });
  const numa = fitOntoHost(request, room({ hugePages }));
  const instances = [
    { ...UP, name: 'web', numa },
    { ...UP, name: 'anywhere', numa: null },
  ];
  const [cell] = room({ hugePages, instances }).cells;
  assert.deepEqual(cell?.holdings, [
    { owner: 'web', cpus: [0, 1, 4], floating: 0, memoryMiB: 1024, pageSizeKiB: 2048 },
  ]);
  assert.throws(
    () => fitOntoHost(aRequest({ cells: pinnedCells([6], 512) }), room({ hugePages, instances })),
    /host cell 0 has 5 of 8 dedicated CPUs free \(web holds CPU 0, 1, 4 and 1024 MiB\)/,
  );
});

test('one that was resized holds the place that it has and the one that it can go back to', () => {
  const place = (cpus: readonly number[]) =>
    fitOntoHost(aRequest({ cells: pinnedCells([...cpus], 512) }), room());
  const [now, before] = [place([2]), place([1])];
  const { flavor, hardware, disks } = anInstance();
  const resize = { flavor, hardware, disks, numa: before, wasRunning: true, at: '2026-01-01T00:00:00.000Z' };
  const [cell] = room({ instances: [{ ...UP, name: 'web', numa: now, resize }] }).cells;
  assert.deepEqual(
    cell?.holdings.map(({ owner, memoryMiB }) => [owner, memoryMiB]),
    [
      ['web', 512],
      ['web', 512],
    ],
  );
  const held = new Set(cell?.holdings.flatMap(({ cpus }) => cpus));
  assert.deepEqual(held, new Set([...now.cells, ...before.cells].flatMap(({ heldCpus }) => heldCpus)));
});

test('a shelved one holds no place until it comes back', () => {
  const numa = fitOntoHost(aRequest({ cells: pinnedCells([3], 1024) }), room());
  const holders = (vmState: Instance['vmState'], taskState: Instance['taskState']) =>
    room({ instances: [{ name: 'web', numa, vmState, taskState }] }).cells[0]?.holdings.length;
  for (const vmState of ['shelved', 'shelved_offloaded'] as const) {
    assert.equal(holders(vmState, null), 0);
    assert.equal(holders(vmState, 'unshelving'), 1);
  }
  assert.equal(holders('stopped', null), 1);
});
