import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Fault, isFault } from '../../../../src/base/index.ts';
import { fitOntoHost, withoutHostCells } from '../../../../src/compute/numa/fit-host.ts';
import type { HostNumaCell } from '../../../../src/compute/numa/host-cell.ts';
import type { NumaPlacement, NumaRequest } from '../../../../src/model/index.ts';
import { aHost, aRequest, heldBy, pinnedCells } from './a-host.ts';

function place(
  cells: readonly HostNumaCell[],
  changes: Partial<NumaRequest>,
  sharedPool: readonly number[] | null = null,
): NumaPlacement {
  return fitOntoHost(aRequest(changes), { cells, sharedPool, overcommit: { floatingPerCpu: 16 } });
}

function refusal(cells: readonly HostNumaCell[], changes: Partial<NumaRequest>): Fault {
  try {
    place(cells, changes);
  } catch (error) {
    if (isFault(error)) return error;
    throw error;
  }
  return assert.fail('it was placed');
}

const hostCells = (placement: NumaPlacement) => placement.cells.map(({ hostCell }) => hostCell);
const cpus = (placement: NumaPlacement) =>
  placement.cells.flatMap(({ pins }) => pins.toSorted((a, b) => a.vcpu - b.vcpu).map(({ cpu }) => cpu));

test('pinned vCPUs take whole cores, sibling after sibling', () => {
  assert.deepEqual(cpus(place(aHost({ cells: 1, cores: 4, threads: 2 }), {})), [0, 4]);
  const four = { cells: pinnedCells([4]) };
  assert.deepEqual(cpus(place(aHost({ cells: 1, cores: 4, threads: 2 }), four)), [0, 4, 1, 5]);
  assert.deepEqual(cpus(place(aHost({ cells: 1, cores: 4, threads: 1 }), four)), [0, 1, 2, 3]);
  assert.deepEqual(
    cpus(place(aHost({ cells: 1, cores: 2, threads: 4 }), { cells: pinnedCells([6]) })),
    [0, 2, 4, 6, 1, 3],
  );
});

test('the emptier cell comes first, and the first one where they are alike', () => {
  const host = aHost({ cells: 4, cores: 4, threads: 1 });
  assert.deepEqual(hostCells(place(host, {})), [0]);
  assert.deepEqual(hostCells(place(heldBy(host, 0, { cpus: [0] }), {})), [1]);
  assert.deepEqual(hostCells(place(heldBy(host, 0, { memoryMiB: 1 }), {})), [1]);
  const busy = heldBy(heldBy(host, 0, { floating: 3 }), 1, { floating: 1 });
  const floating = { cpuPolicy: null, cells: [{ pinned: [], floating: [0], memoryMiB: 1 }] };
  assert.deepEqual(hostCells(place(busy, floating)), [2]);
});

test('a guest with as many cells as the host takes them in order, however full they are', () => {
  const host = heldBy(aHost({ cells: 2, cores: 4, threads: 1 }), 0, { cpus: [0, 1] });
  assert.deepEqual(hostCells(place(host, { cells: pinnedCells([2, 2]) })), [0, 1]);
  assert.deepEqual(hostCells(place(host, { cells: pinnedCells([3, 2]) })), [1, 0]);
});

test('each cell leaves the later ones a way to fit', () => {
  // Cell 0 of the guest fits everywhere; cell 1 only on the host cell that cell 0 would take first.
  const host = heldBy(aHost({ cells: 2, cores: 4, threads: 1 }), 1, { cpus: [4, 5, 6] });
  assert.deepEqual(hostCells(place(host, { cells: pinnedCells([1, 4]) })), [1, 0]);
});

test('many cells are placed without walking their permutations', () => {
  const host = aHost({ cells: 12, cores: 2, threads: 1 });
  const full = host.slice(1).reduce((cells, { id }) => heldBy(cells, id, { cpus: [2 * id] }), host);
  const sizes = [...Array.from({ length: 11 }, () => 1), 2];
  assert.equal(hostCells(place(full, { cells: pinnedCells(sizes) })).at(-1), 0);
  const fault = refusal(full, { cells: pinnedCells([...sizes.slice(0, 10), 2, 2]) });
  assert.equal(fault.code, 'NUMA_NO_ROOM');
});

test('require takes no CPU without its sibling', () => {
  const host = heldBy(aHost({ cells: 1, cores: 3, threads: 2 }), 0, { cpus: [0] });
  assert.deepEqual(cpus(place(host, { threadPolicy: 'require' })), [1, 4]);
  const full = heldBy(host, 0, { cpus: [1, 2] });
  assert.equal(refusal(full, { threadPolicy: 'require' }).code, 'NUMA_NO_ROOM');
  assert.equal(
    refusal(aHost({ cells: 1, cores: 4, threads: 1 }), { threadPolicy: 'require' }).code,
    'NUMA_NO_ROOM',
  );
  assert.deepEqual(cpus(place(full, { threadPolicy: 'prefer' })), [3, 4]);
});

test('isolate keeps the siblings of its CPUs, which nobody gets', () => {
  const host = aHost({ cells: 1, cores: 3, threads: 2 });
  const placed = place(host, { threadPolicy: 'isolate' });
  assert.deepEqual(cpus(placed), [0, 1]);
  assert.deepEqual(placed.cells[0]?.heldCpus, [0, 1, 3, 4]);
  const held = heldBy(host, 0, { cpus: placed.cells[0]?.heldCpus ?? [] });
  assert.deepEqual(cpus(place(held, {})), [2, 5]);
  assert.equal(refusal(held, { threadPolicy: 'isolate' }).code, 'NUMA_NO_ROOM');
});

test("QEMU's own threads get a CPU of the first cell alone", () => {
  const host = aHost({ cells: 2, cores: 3, threads: 1 });
  const placed = place(host, { emulatorThreads: 'isolate', cells: pinnedCells([2, 2]) });
  assert.deepEqual(placed.emulatorCpus, [2]);
  assert.deepEqual(
    placed.cells.map(({ heldCpus }) => heldCpus),
    [
      [0, 1, 2],
      [3, 4],
    ],
  );
  assert.match(
    refusal(host, { emulatorThreads: 'isolate', cells: pinnedCells([3]) }).message,
    /3 dedicated CPUs, one more for QEMU's own threads, 512 MiB; host cell 0 has 3 of 3/,
  );
});

test("QEMU's own threads run beside the vCPUs, but for the realtime ones, or in the pool", () => {
  const host = aHost({ cells: 1, cores: 4, threads: 1 });
  assert.deepEqual(place(host, {}).emulatorCpus, [0, 1]);
  assert.deepEqual(place(host, { realtimeVcpus: [1] }).emulatorCpus, [0]);
  const shares = { realtimeVcpus: [0, 1], emulatorThreads: 'share' as const };
  assert.deepEqual(place(host, shares, [3]).emulatorCpus, [3]);
  assert.equal(refusal(host, shares).code, 'EMULATOR_POOL_ABSENT');
});

test('pages are the largest that are allowed, fit and are free', () => {
  const pages = [
    { sizeKiB: 4, total: 1_000_000, free: null },
    { sizeKiB: 2048, total: 512, free: 512 },
    { sizeKiB: 1_048_576, total: 2, free: 1 },
  ];
  const host = aHost({ cells: 1, cores: 4, threads: 1 }).map((cell) => ({ ...cell, pages }));
  const chosen = (
    pageSize: NumaRequest['pageSize'],
    memoryMiB: number,
    cells: readonly HostNumaCell[] = host,
  ) => place(cells, { pageSize, cells: pinnedCells([1], memoryMiB) }).cells[0]?.pageSizeKiB;
  assert.equal(chosen('any', 1024), 1_048_576);
  assert.equal(chosen('large', 512), 2048);
  assert.equal(chosen('any', 2048), 4, 'one GiB page is not free');
  assert.equal(chosen('small', 512), 4);
  assert.equal(chosen(2048, 1024), 2048);
  const held = heldBy(host, 0, { memoryMiB: 512, pageSizeKiB: 2048 });
  assert.equal(chosen('large', 512, held), 2048);
  assert.match(
    refusal(held, { pageSize: 2048, cells: pinnedCells([1], 1024) }).message,
    /1024 MiB in pages of 2048 KiB; host cell 0 has 512 MiB in 2048 KiB pages free \(other holds 512 MiB\)/,
  );
  assert.match(refusal(host, { pageSize: 64 }).message, /host cell 0 has no pages of that size/);
});

test('a refusal says what was asked, what there is, and who holds it', () => {
  const host = aHost({ cells: 2, cores: 4, threads: 1 });
  const held = heldBy(heldBy(host, 0, { owner: 'web', cpus: [0, 1, 2], memoryMiB: 1 }), 1, {
    owner: 'db',
    cpus: [4, 5],
    memoryMiB: 4096,
  });
  const fault = refusal(held, { cells: pinnedCells([3], 2048) });
  assert.equal(fault.kind, 'exhausted');
  assert.equal(
    fault.message,
    "The guest does not fit on this host's NUMA cells: its cell 0 asks for 3 dedicated CPUs, 2048 MiB; " +
      'host cell 1 has 2 of 4 dedicated CPUs free (db holds CPU 4, 5 and 4096 MiB); ' +
      'host cell 0 has 1 of 4 dedicated CPUs free (web holds CPU 0, 1, 2 and 1 MiB)',
  );
  assert.match(refusal(held, { cells: pinnedCells([1], 8192) }).message, /has 4096 of 8192 MiB free \(db/);
  assert.match(
    refusal(host, { cells: pinnedCells([1, 1, 1]) }).message,
    /the 3 cells of the guest need as many cells of the host, and they do not go onto its 2 together/,
  );
});

test('the way out follows from what is missing', () => {
  const host = aHost({ cells: 1, cores: 2, threads: 1 });
  assert.match(refusal(host, { cells: pinnedCells([3]) }).hint ?? '', /Choose a smaller flavor/);
  assert.match(refusal(host, { pageSize: 'large' }).hint ?? '', /vm\.nr_hugepages/);
  const held = heldBy(host, 0, { cpus: [0] });
  assert.match(refusal(held, {}).hint ?? '', /Delete instances/);
});

test('a host without cells takes nobody, and a description without them pins nothing', () => {
  assert.equal(refusal([], {}).code, 'NUMA_UNSUPPORTED');
  const placed = withoutHostCells(aRequest({ cells: pinnedCells([1, 1]) }), null);
  assert.deepEqual(hostCells(placed), [null, null]);
  assert.deepEqual(cpus(placed), []);
  assert.throws(
    () => withoutHostCells(aRequest({ pageSize: 'large' }), null),
    (error) => isFault(error, 'NUMA_UNSUPPORTED'),
  );
});
