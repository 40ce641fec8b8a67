// What holds on every host, whatever guests are placed on it and in which order.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isFault } from '../../../../src/base/index.ts';
import { fitOntoHost } from '../../../../src/compute/numa/fit-host.ts';
import { type HostNumaCell, heldCpus } from '../../../../src/compute/numa/host-cell.ts';
import type { NumaPlacement, NumaRequest, PageSize } from '../../../../src/model/index.ts';
import { aHost, heldBy } from './a-host.ts';

const hosts: fc.Arbitrary<readonly HostNumaCell[]> = fc
  .record({
    cells: fc.constantFrom(1, 2, 4, 8),
    cores: fc.integer({ min: 1, max: 6 }),
    threads: fc.constantFrom(1, 2, 4),
    memoryMiB: fc.constantFrom(1024, 4096, 16_384),
    missing: fc.array(fc.nat({ max: 191 }), { maxLength: 12 }),
    hugePages: fc.nat({ max: 1024 }),
  })
  .map(({ missing, hugePages, ...shape }) =>
    aHost(shape).map((cell) => ({
      ...cell,
      sharedCpus: cell.sharedCpus.filter((cpu) => !missing.includes(cpu)),
      dedicatedCpus: cell.dedicatedCpus.filter((cpu) => !missing.includes(cpu)),
      cores: cell.cores
        .map((core) => core.filter((cpu) => !missing.includes(cpu)))
        .filter((core) => core.length > 0),
      pages: [...cell.pages, { sizeKiB: 2048, total: hugePages, free: null }],
    })),
  );

const requests: fc.Arbitrary<NumaRequest> = fc
  .record({
    cells: fc.array(
      fc.record({
        pinned: fc.integer({ min: 1, max: 6 }),
        floating: fc.nat({ max: 2 }),
        memoryMiB: fc.constantFrom(2, 256, 1024),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    cpuPolicy: fc.constantFrom('dedicated', 'mixed', null),
    threadPolicy: fc.constantFrom(null, 'prefer', 'isolate', 'require'),
    emulatorThreads: fc.constantFrom(null, 'isolate'),
    pageSize: fc.constantFrom<PageSize | null>(null, 'small', 'large', 'any', 2048),
  })
  .map(({ cells, cpuPolicy, threadPolicy, emulatorThreads, pageSize }): NumaRequest => {
    let next = 0;
    const take = (count: number) => Array.from({ length: count }, () => next++);
    const isPinned = cpuPolicy !== null;
    return {
      cells: cells.map(({ pinned, floating, memoryMiB }) => ({
        pinned: take(isPinned ? pinned : 0),
        floating: take(cpuPolicy === 'dedicated' ? 0 : floating + (isPinned ? 0 : pinned)),
        memoryMiB,
      })),
      cpuPolicy,
      threadPolicy: isPinned ? threadPolicy : null,
      emulatorThreads: isPinned ? emulatorThreads : null,
      pageSize,
      realtimeVcpus: [],
      isMemoryLocked: false,
    };
  });

/** Undefined when there is no room. */
function tryPlacing(request: NumaRequest, cells: readonly HostNumaCell[]): NumaPlacement | undefined {
  try {
    return fitOntoHost(request, { cells, sharedPool: null, overcommit: { floatingPerCpu: 16 } });
  } catch (error) {
    if (isFault(error, 'NUMA_NO_ROOM')) return undefined;
    throw error;
  }
}

function holding(host: readonly HostNumaCell[], placement: NumaPlacement): readonly HostNumaCell[] {
  return placement.cells.reduce(
    (cells, { hostCell, heldCpus: cpus, floating, memoryMiB, pageSizeKiB }) =>
      heldBy(cells, hostCell ?? -1, { cpus, floating: floating.length, memoryMiB, pageSizeKiB }),
    host,
  );
}

function checkPlacement(
  request: NumaRequest,
  placement: NumaPlacement,
  before: readonly HostNumaCell[],
): void {
  const used = placement.cells.map(({ hostCell }) => hostCell);
  assert.equal(new Set(used).size, request.cells.length, 'every cell has a host cell of its own');
  for (const [index, cell] of placement.cells.entries()) {
    const asked = request.cells[index];
    const host = before.find(({ id }) => id === cell.hostCell);
    assert.ok(asked !== undefined && host !== undefined);
    assert.deepEqual(
      cell.pins.map(({ vcpu }) => vcpu),
      asked.pinned,
      'every pinned vCPU has one pin',
    );
    assert.deepEqual(cell.floating, asked.floating);
    const held = heldCpus(host);
    assert.ok(cell.heldCpus.every((cpu) => host.dedicatedCpus.includes(cpu) && !held.has(cpu)));
    assert.ok(cell.pins.every(({ cpu }) => cell.heldCpus.includes(cpu)));
    checkThreads(request, cell, host);
  }
}

function checkThreads(
  { threadPolicy }: NumaRequest,
  { pins, heldCpus: held }: NumaPlacement['cells'][number],
  { cores }: HostNumaCell,
): void {
  const perCore = cores.map((core) => pins.filter(({ cpu }) => core.includes(cpu)).length);
  if (threadPolicy === 'isolate') {
    assert.ok(perCore.every((count) => count <= 1));
    const ours = cores.filter((_core, index) => perCore[index] === 1);
    assert.ok(
      ours.flat().every((cpu) => held.includes(cpu)),
      'siblings stay with the guest',
    );
  }
  if (threadPolicy === 'require' && pins.length > 1) {
    const alone = perCore.filter((count) => count === 1).length;
    assert.ok(alone <= 1, 'no vCPU but an odd last one is alone on its core');
  }
}

test('no CPU has two owners, no memory is given twice, and every vCPU has its place', () => {
  let placed = 0;
  fc.assert(
    fc.property(hosts, fc.array(requests, { minLength: 1, maxLength: 8 }), (host, guests) => {
      let now = host;
      for (const request of guests) {
        const placement = tryPlacing(request, now);
        if (placement === undefined) continue;
        placed += 1;
        checkPlacement(request, placement, now);
        now = holding(now, placement);
      }
      for (const cell of now) {
        const cpus = cell.holdings.flatMap((each) => each.cpus);
        assert.equal(new Set(cpus).size, cpus.length);
        const memoryMiB = cell.holdings.reduce((sum, each) => sum + each.memoryMiB, 0);
        assert.ok(memoryMiB <= cell.memoryMiB);
        const huge = cell.holdings.filter(({ pageSizeKiB }) => pageSizeKiB === 2048);
        assert.ok(huge.reduce((sum, each) => sum + each.memoryMiB, 0) <= (cell.pages[1]?.total ?? 0) * 2);
      }
    }),
    { numRuns: 500 },
  );
  assert.ok(placed > 500);
});

test('what is refused fits no assignment of cells, tried one by one', () => {
  fc.assert(
    fc.property(hosts, requests, (host, request) => {
      if (host.length > 4 || tryPlacing(request, host) !== undefined) return;
      assert.equal(anyAssignment(request, host), false);
    }),
    { numRuns: 500 },
  );
});

/** Whether some permutation of host cells takes the guest's, each cell placed by itself. */
function anyAssignment(request: NumaRequest, host: readonly HostNumaCell[], from = 0): boolean {
  const cell = request.cells[from];
  if (cell === undefined) return true;
  const emulatorThreads = from === 0 ? request.emulatorThreads : null;
  return host.some((each) => {
    const alone = tryPlacing({ ...request, cells: [cell], emulatorThreads }, [each]);
    return (
      alone !== undefined &&
      anyAssignment(
        request,
        host.filter((other) => other !== each),
        from + 1,
      )
    );
  });
}
