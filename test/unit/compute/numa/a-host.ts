// Made-up hosts and requests for the tests of placement.
import type { CellHolding, HostNumaCell } from '../../../../src/compute/numa/host-cell.ts';
import type { NumaRequest, NumaRequestCell } from '../../../../src/model/index.ts';

export interface HostShape {
  readonly cells: number;
  readonly cores: number;
  /** Of each core. */
  readonly threads: number;
  readonly memoryMiB?: number;
}

/** CPUs as Linux numbers them: the first threads of all cores, then the second ones. */
export function aHost({ cells, cores, threads, memoryMiB = 8192 }: HostShape): readonly HostNumaCell[] {
  return Array.from({ length: cells }, (_unused, id) => {
    const siblings = Array.from({ length: cores }, (_none, core) =>
      Array.from({ length: threads }, (_nothing, thread) => thread * cells * cores + id * cores + core),
    );
    const cpus = siblings.flat().toSorted((a, b) => a - b);
    return {
      id,
      memoryMiB,
      sharedCpus: cpus,
      dedicatedCpus: cpus,
      cores: siblings,
      pages: [{ sizeKiB: 4, total: memoryMiB * 256, free: null }],
      holdings: [],
    };
  });
}

/** The host with more of it held. */
export function heldBy(
  cells: readonly HostNumaCell[],
  id: number,
  holding: Partial<CellHolding>,
): readonly HostNumaCell[] {
  const whole = { owner: 'other', cpus: [], floating: 0, memoryMiB: 0, pageSizeKiB: null, ...holding };
  return cells.map((cell) => (cell.id === id ? { ...cell, holdings: [...cell.holdings, whole] } : cell));
}

/** `[2, 2]`: two cells with two pinned vCPUs each, numbered through. */
export function pinnedCells(sizes: readonly number[], memoryMiB = 512): readonly NumaRequestCell[] {
  let next = 0;
  return sizes.map((size) => {
    const pinned = Array.from({ length: size }, () => next++);
    return { pinned, floating: [], memoryMiB };
  });
}

export function aRequest(changes: Partial<NumaRequest> = {}): NumaRequest {
  return {
    cells: pinnedCells([2]),
    cpuPolicy: 'dedicated',
    threadPolicy: null,
    emulatorThreads: null,
    pageSize: null,
    realtimeVcpus: [],
    isMemoryLocked: false,
    ...changes,
  };
}
