// Where a domain's CPUs and memory lie on the host: <memoryBacking>, <numatune>, <cputune> and <cpu><numa>, in the order
// Nova writes them. Rules: https://libvirt.org/formatdomain.html#memory-backing, #numa-node-tuning, #cpu-tuning
import { type Element, element, textElement } from './element.ts';

export interface MemoryBacking {
  readonly hugePages: readonly {
    readonly sizeKiB: number;
    /** The guest's cell. */
    readonly cell: number;
  }[];
  /** Whether the kernel may merge equal pages of several guests. */
  readonly sharesPages: boolean;
  readonly locked: boolean;
  /** Whether programs of the host that serve the guest's devices may read and write it. */
  readonly isShared?: boolean;
}

/** The host cell of each of the guest's cells, in the guest's order. */
export type NumaTune = readonly number[];

export interface CpuTune {
  readonly shares?: number | undefined;
  readonly quota?: number | undefined;
  readonly period?: number | undefined;
  /** Host CPUs of QEMU's own threads. */
  readonly emulatorCpus?: readonly number[] | undefined;
  /** How many I/O threads run on the same CPUs; none for a domain without. */
  readonly ioThreads?: number | undefined;
  readonly vcpuPins?: readonly VcpuPin[] | undefined;
  /** vCPUs under the realtime scheduler. */
  readonly realtimeVcpus?: readonly number[] | undefined;
}

export interface VcpuPin {
  readonly vcpu: number;
  readonly cpus: readonly number[];
}

/** A cell that the guest sees. */
export interface GuestCell {
  readonly vcpus: readonly number[];
  readonly memoryKiB: number;
  readonly isShared: boolean;
}

/** Of Nova: [libvirt]realtime_scheduler_priority. */
const REALTIME_PRIORITY = 1;

export function memoryBackingElement(backing: MemoryBacking | null): Element | undefined {
  if (backing === null) return undefined;
  const pages = backing.hugePages.map(({ sizeKiB, cell }) =>
    element('page', { size: sizeKiB, nodeset: cell, unit: 'KiB' }),
  );
  return element(
    'memoryBacking',
    {},
    pages.length > 0 && element('hugepages', {}, pages),
    !backing.sharesPages && element('nosharepages'),
    backing.locked && element('locked'),
    backing.isShared === true && element('source', { type: 'memfd' }),
    backing.isShared === true && element('access', { mode: 'shared' }),
  );
}

export function numaTuneElement(hostCells: NumaTune | null): Element | undefined {
  if (hostCells === null) return undefined;
  return element(
    'numatune',
    {},
    element('memory', { mode: 'strict', nodeset: cpuSetText(hostCells) }),
    hostCells.map((nodeset, cellid) => element('memnode', { cellid, mode: 'strict', nodeset })),
  );
}

export function cpuTuneElement(tune: CpuTune): Element | undefined {
  const { shares, quota, period, vcpuPins = [], realtimeVcpus = [] } = tune;
  const limits = Object.entries({ shares, quota, period }).flatMap(([name, limit]) =>
    limit === undefined ? [] : [textElement(name, limit)],
  );
  const priority = REALTIME_PRIORITY;
  const pins = [
    ...ownThreadPins(tune),
    ...vcpuPins.map(({ vcpu, cpus }) => element('vcpupin', { vcpu, cpuset: cpuSetText(cpus) })),
    ...(realtimeVcpus.length === 0
      ? []
      : [element('vcpusched', { vcpus: cpuSetText(realtimeVcpus), scheduler: 'fifo', priority })]),
  ];
  return limits.length + pins.length > 0 ? element('cputune', {}, limits, pins) : undefined;
}

function ownThreadPins({ emulatorCpus, ioThreads = 0 }: CpuTune): readonly Element[] {
  if (emulatorCpus === undefined) return [];
  const cpuset = cpuSetText(emulatorCpus);
  const threads = Array.from({ length: ioThreads }, (_unused, thread) =>
    element('iothreadpin', { iothread: thread + 1, cpuset }),
  );
  return [element('emulatorpin', { cpuset }), ...threads];
}

export function guestCellsElement(cells: readonly GuestCell[]): Element | undefined {
  if (cells.length === 0) return undefined;
  const children = cells.map(({ vcpus, memoryKiB, isShared }, id) =>
    element('cell', {
      id,
      cpus: cpuSetText(vcpus),
      memory: memoryKiB,
      memAccess: isShared ? 'shared' : undefined,
    }),
  );
  return element('numa', {}, children);
}

/** [0, 1, 2, 5] → `0-2,5`, in any order. */
export function cpuSetText(numbers: readonly number[]): string {
  const ranges: [first: number, last: number][] = [];
  for (const number of numbers.toSorted((a, b) => a - b)) {
    const range = ranges.at(-1);
    if (range !== undefined && number <= range[1] + 1) range[1] = number;
    else ranges.push([number, number]);
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
}
