// Places a guest's cells on the host's. Pure. Rules: nova/virt/hardware.py, numa_fit_instance_to_host: the first
// permutation of host cells, emptier ones first, in which every cell fits.
// Nova walks the permutations. Since whether one pair fits does not depend on the others, the same answer is found cell by
// cell: each takes the first host cell that fits it and leaves the later ones a way to fit. For n cells and m host cells
// that takes n·m tries of a pair, and at most n·m searches of a way through these pairs.
import { Fault } from '../../base/index.ts';
import type { NumaPlacement, NumaRequest } from '../../model/index.ts';
import { firstMatch } from './first-match.ts';
import { type CellFit, fitCell, type Overcommit } from './fit-cell.ts';
import { floatingVcpus, freeDedicatedCpus, freeMemoryMiB, type HostNumaCell } from './host-cell.ts';

export interface HostRoom {
  readonly cells: readonly HostNumaCell[];
  /** Where QEMU's own threads run when asked to share; null where no CPUs are set aside. */
  readonly sharedPool: readonly number[] | null;
  readonly overcommit: Overcommit;
}

/**
 * Throws `NUMA_NO_ROOM` when it does not fit now, `NUMA_UNSUPPORTED` when the host shows no cells, and
 * `EMULATOR_POOL_ABSENT` when realtime vCPUs would share their CPUs with QEMU's own threads.
 */
export function fitOntoHost(request: NumaRequest, room: HostRoom): NumaPlacement {
  if (room.cells.length === 0) throw noCells();
  checkEmulatorPool(request, room.sharedPool);
  const hosts = inOrder(request, room.cells);
  const fits = request.cells.map((cell, index) => {
    const reserve = request.emulatorThreads === 'isolate' && index === 0 ? 1 : 0;
    return hosts.map((host) => fitCell(host, { cell, request, reserve }, room.overcommit));
  });
  const chosen = firstMatch(fits.map((row) => row.map(({ kind }) => kind === 'fits')));
  const found = chosen?.flatMap((host, cell) => {
    const fit = fits[cell]?.[host];
    return fit?.kind === 'fits' ? [fit] : [];
  });
  if (found === undefined) throw noRoom(request, hosts, fits);
  return placement(request, room, found);
}

/** Nova's check in its driver, which comes after all others. */
function checkEmulatorPool(request: NumaRequest, sharedPool: readonly number[] | null): void {
  const shares = request.realtimeVcpus.length > 0 && request.emulatorThreads === 'share';
  if (!shares || sharedPool !== null) return;
  throw new Fault(
    'unsupported',
    'EMULATOR_POOL_ABSENT',
    'hw:cpu_realtime with hw:emulator_threads_policy=share needs host CPUs that are set aside for it',
    {
      hint: 'Set cpu_shared_set in the configuration, or use isolate.',
      details: { key: 'hw:emulator_threads_policy' },
    },
  );
}

function placement(
  request: NumaRequest,
  { cells, sharedPool }: HostRoom,
  fits: readonly Extract<CellFit, { kind: 'fits' }>[],
): NumaPlacement {
  const placed = fits.map((fit) => fit.placed);
  const shared = request.emulatorThreads === 'share' ? sharedPool : null;
  const emulator =
    request.emulatorThreads === 'isolate'
      ? fits.flatMap((fit) => fit.emulatorCpus)
      : (shared ?? placed.flatMap((cell) => besideVcpus(request, cell)));
  const [largest] = cells.map(({ pages }) => pages.map(({ sizeKiB }) => sizeKiB));
  const huge = (largest ?? []).toSorted((a, b) => a - b).slice(1);
  return {
    cells: placed,
    emulatorCpus: [...new Set(emulator)].toSorted((a, b) => a - b),
    realtimeVcpus: request.realtimeVcpus,
    // Quirk: Nova asks the first host cell alone which sizes are huge.
    isMemoryShared: placed.some(({ pageSizeKiB }) => pageSizeKiB !== null && huge.includes(pageSizeKiB)),
    isMemoryLocked: request.isMemoryLocked,
  };
}

/**
 * What Nova's driver makes of a guest on a host that shows no cells: the guest sees its own, and nothing is pinned.
 * Throws `NUMA_UNSUPPORTED` for page sizes, and `EMULATOR_POOL_ABSENT`.
 */
export function withoutHostCells(request: NumaRequest, sharedPool: readonly number[] | null): NumaPlacement {
  checkEmulatorPool(request, sharedPool);
  if (request.pageSize !== null) throw noCells();
  const cells = request.cells.map(({ pinned, floating, memoryMiB }) => ({
    hostCell: null,
    memoryMiB,
    pins: [],
    floating: [...floating, ...pinned].toSorted((a, b) => a - b),
    floatingCpus: [],
    pageSizeKiB: null,
    hasHugePages: false,
    heldCpus: [],
  }));
  const { realtimeVcpus, isMemoryLocked } = request;
  return { cells, emulatorCpus: [], realtimeVcpus, isMemoryShared: false, isMemoryLocked };
}

/** The CPUs of all vCPUs but the realtime ones. */
function besideVcpus(
  { realtimeVcpus }: NumaRequest,
  { pins, floating, floatingCpus }: NumaPlacement['cells'][number],
): readonly number[] {
  const pinned = pins.filter(({ vcpu }) => !realtimeVcpus.includes(vcpu)).map(({ cpu }) => cpu);
  const floats = floating.some((vcpu) => !realtimeVcpus.includes(vcpu));
  return floats ? [...pinned, ...floatingCpus] : pinned;
}

/** Emptier cells first, by CPUs and then by memory; as they are when the guest needs all of them. */
function inOrder(request: NumaRequest, cells: readonly HostNumaCell[]): readonly HostNumaCell[] {
  if (cells.length <= request.cells.length) return cells;
  const byMemory = cells.toSorted((a, b) => freeMemoryMiB(b) - freeMemoryMiB(a));
  return request.cpuPolicy === 'dedicated' || request.cpuPolicy === 'mixed'
    ? byMemory.toSorted((a, b) => freeDedicatedCpus(b) - freeDedicatedCpus(a))
    : byMemory.toSorted((a, b) => floatingVcpus(a) - floatingVcpus(b));
}

function noCells(): Fault {
  return new Fault(
    'unsupported',
    'NUMA_UNSUPPORTED',
    'This host shows no NUMA cells, and the flavor or image asks to be placed on them',
    { hint: 'Look at the topology that libvirt shows: virsh capabilities' },
  );
}

/** Names the first cell that no host cell takes, or says that the host cells are too few. */
function noRoom(
  request: NumaRequest,
  hosts: readonly HostNumaCell[],
  fits: readonly (readonly CellFit[])[],
): Fault {
  const lost = fits.findIndex((row) => row.every(({ kind }) => kind === 'short'));
  const why =
    lost === -1
      ? `the ${request.cells.length} cells of the guest need as many cells of the host, and they do not go onto its ${hosts.length} together`
      : `${asked(request, lost)}; ${reasons(hosts, fits[lost] ?? [])}`;
  return new Fault('exhausted', 'NUMA_NO_ROOM', `The guest does not fit on this host's NUMA cells: ${why}`, {
    hint: wayOut(request, hosts),
    details: { guestCells: request.cells.length, hostCells: hosts.length },
  });
}

function wayOut({ pageSize }: NumaRequest, hosts: readonly HostNumaCell[]): string {
  if (hosts.some(({ holdings }) => holdings.length > 0)) {
    return 'Delete instances that hold CPUs or memory there, or choose another flavor.';
  }
  if (pageSize !== null && pageSize !== 'small') {
    return 'Give the host huge pages (sysctl vm.nr_hugepages), or choose another flavor.';
  }
  return 'Choose a smaller flavor; docs/numa.md says how the CPUs and the memory of a cell are counted.';
}

function asked(request: NumaRequest, index: number): string {
  const cell = request.cells[index];
  const parts = [
    cell !== undefined && cell.pinned.length > 0 ? count(cell.pinned.length, 'dedicated CPU') : '',
    request.emulatorThreads === 'isolate' && index === 0 ? "one more for QEMU's own threads" : '',
    cell !== undefined && cell.floating.length > 0 ? count(cell.floating.length, 'floating vCPU') : '',
    `${cell?.memoryMiB ?? 0} MiB${pagesAsked(request)}`,
  ];
  return `its cell ${index} asks for ${parts.filter((part) => part !== '').join(', ')}`;
}

function count(many: number, noun: string): string {
  return `${many} ${noun}${many === 1 ? '' : 's'}`;
}

function pagesAsked({ pageSize }: NumaRequest): string {
  if (pageSize === null) return '';
  return typeof pageSize === 'number' ? ` in pages of ${pageSize} KiB` : ` in ${pageSize} pages`;
}

function reasons(hosts: readonly HostNumaCell[], row: readonly CellFit[]): string {
  const all = row.flatMap((fit, at) =>
    fit.kind === 'short' ? [`host cell ${hosts[at]?.id ?? at} ${fit.why}`] : [],
  );
  return [...all.slice(0, 8), ...(all.length > 8 ? [`and so do ${all.length - 8} more`] : [])].join('; ');
}
