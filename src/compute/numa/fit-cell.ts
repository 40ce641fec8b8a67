// Whether one cell of a guest fits one cell of the host, and how. Pure. Rules: nova/virt/hardware.py,
// _numa_fit_instance_cell. Nova writes what it chose on the guest's cell and then tries the next host cell with it
// (quirk: a page size found on one counts as asked for on the other); here every pair is tried by itself.
import type { CpuPin, NumaRequest, NumaRequestCell, PlacedCell } from '../../model/index.ts';
import {
  floatingVcpus,
  freeDedicatedCpus,
  freeMemoryMiB,
  freePagesKiB,
  type HostNumaCell,
  heldCpus,
  type PagePool,
  smallestPageKiB,
} from './host-cell.ts';
import { packOntoCores } from './pack-cores.ts';

/** How far cells may be promised to more guests than they can hold at once; null for no bound but the cell's size. */
export type Overcommit = { readonly floatingPerCpu: number } | null;

export type CellFit =
  | { readonly kind: 'fits'; readonly placed: PlacedCell; readonly emulatorCpus: readonly number[] }
  /** `why` goes on after the host cell's name: `has 2 of 8 CPUs free`. */
  | { readonly kind: 'short'; readonly why: string };

export interface CellRequest {
  readonly cell: NumaRequestCell;
  readonly request: NumaRequest;
  /** How many CPUs of this cell are for QEMU's own threads alone. */
  readonly reserve: number;
}

export function fitCell(host: HostNumaCell, asked: CellRequest, overcommit: Overcommit): CellFit {
  const pages = choosePages(host, asked);
  if (pages.kind === 'short') return pages;
  const lack = floatingLack(host, asked, overcommit) ?? memoryLack(host, asked, overcommit);
  if (lack !== null) return short(lack);
  const packing = pack(host, asked);
  if (packing.kind === 'short') return packing;
  const { cell } = asked;
  const { pins, reserved } = packing;
  const taken = [...pins.map(({ cpu }) => cpu), ...reserved];
  return {
    kind: 'fits',
    emulatorCpus: reserved,
    placed: {
      hostCell: host.id,
      memoryMiB: cell.memoryMiB,
      pins,
      floating: cell.floating,
      floatingCpus: cell.floating.length === 0 ? [] : sorted(host.sharedCpus),
      pageSizeKiB: pages.sizeKiB,
      hasHugePages: pages.sizeKiB !== null && pages.sizeKiB > (smallestPageKiB(host) ?? 0),
      heldCpus: sorted(asked.request.threadPolicy === 'isolate' ? withSiblings(host, taken) : taken),
    },
  };
}

type PageChoice =
  | { readonly kind: 'pages'; readonly sizeKiB: number | null }
  | { readonly kind: 'short'; readonly why: string };

function choosePages(host: HostNumaCell, { cell, request }: CellRequest): PageChoice {
  const neededKiB = cell.memoryMiB * 1024;
  if (request.pageSize === null) {
    const smallest = host.pages.find(({ sizeKiB }) => sizeKiB === smallestPageKiB(host));
    const totalKiB = smallest === undefined ? host.memoryMiB * 1024 : smallest.total * smallest.sizeKiB;
    return neededKiB <= totalKiB
      ? { kind: 'pages', sizeKiB: null }
      : short(`has ${Math.floor(totalKiB / 1024)} MiB of memory`);
  }
  const sizes = allowedPools(host, request.pageSize);
  const pool = sizes.find((each) => neededKiB % each.sizeKiB === 0 && neededKiB <= freePagesKiB(host, each));
  if (pool !== undefined) return { kind: 'pages', sizeKiB: pool.sizeKiB };
  if (sizes.length === 0) return short('has no pages of that size');
  const free = sizes.map((each) => `${freePagesKiB(host, each) / 1024} MiB in ${each.sizeKiB} KiB pages`);
  return short(`has ${free.join(' and ')} free${heldBy(host)}`);
}

/** Largest first. */
function allowedPools(host: HostNumaCell, wanted: NonNullable<NumaRequest['pageSize']>): readonly PagePool[] {
  const pools = host.pages.toSorted((a, b) => b.sizeKiB - a.sizeKiB);
  switch (wanted) {
    case 'small':
      return pools.slice(-1);
    case 'large':
      return pools.slice(0, -1);
    case 'any':
      return pools;
    default:
      return pools.filter(({ sizeKiB }) => sizeKiB === wanted);
  }
}

function floatingLack(host: HostNumaCell, { cell }: CellRequest, overcommit: Overcommit): string | null {
  const [wanted, cpus] = [cell.floating.length, host.sharedCpus.length];
  if (wanted > cpus) return `has ${cpus} CPUs for floating vCPUs`;
  const floating = floatingVcpus(host);
  if (overcommit === null || wanted === 0 || floating + wanted <= cpus * overcommit.floatingPerCpu)
    return null;
  return `has ${floating} vCPUs floating on ${cpus} CPUs${heldBy(host)}`;
}

/** Without an overcommit Nova looks at a cell's free memory for guests with pinned vCPUs alone. */
function memoryLack(host: HostNumaCell, { cell }: CellRequest, overcommit: Overcommit): string | null {
  if (overcommit === null && cell.pinned.length === 0) return null;
  const free = freeMemoryMiB(host);
  return cell.memoryMiB <= free ? null : `has ${free} of ${host.memoryMiB} MiB free${heldBy(host)}`;
}

type CellPacking =
  | { readonly kind: 'packed'; readonly pins: readonly CpuPin[]; readonly reserved: readonly number[] }
  | { readonly kind: 'short'; readonly why: string };

function pack(host: HostNumaCell, { cell, request, reserve }: CellRequest): CellPacking {
  if (request.cpuPolicy !== 'dedicated' && request.cpuPolicy !== 'mixed') {
    return { kind: 'packed', pins: [], reserved: [] };
  }
  const free = freeDedicatedCpus(host);
  const count = `has ${free} of ${host.dedicatedCpus.length} dedicated CPUs free${heldBy(host)}`;
  if (cell.pinned.length + reserve > free) return short(count);
  // Quirk: of a guest with policy `mixed`, Nova places only cells with a pinned vCPU.
  if (cell.pinned.length === 0) return short('takes no cell of a mixed guest without a pinned vCPU');
  const { threadPolicy } = request;
  const packing = packOntoCores(host, { vcpus: cell.pinned, threadPolicy, reserve });
  return packing === null
    ? short(`${count}, and not as hw:cpu_thread_policy=${threadPolicy} needs them`)
    : { kind: 'packed', ...packing };
}

/** What `isolate` keeps idle beside its own CPUs, as far as nobody has it. */
function withSiblings(host: HostNumaCell, cpus: readonly number[]): readonly number[] {
  const held = heldCpus(host);
  const cores = host.cores.filter((core) => core.some((cpu) => cpus.includes(cpu)));
  const siblings = cores.flat().filter((cpu) => host.dedicatedCpus.includes(cpu) && !held.has(cpu));
  return [...new Set([...cpus, ...siblings])];
}

/** ` (web holds 4 CPUs and 2048 MiB, db …)`. */
function heldBy({ holdings }: HostNumaCell): string {
  if (holdings.length === 0) return '';
  const shown = holdings.slice(0, 8).map(({ owner, cpus, memoryMiB }) => {
    const ofCpus = cpus.length === 0 ? '' : `CPU ${sorted(cpus).join(', ')} and `;
    return `${owner} holds ${ofCpus}${memoryMiB} MiB`;
  });
  const more = holdings.length > shown.length ? [`${holdings.length - shown.length} more`] : [];
  return ` (${[...shown, ...more].join('; ')})`;
}

function short(why: string): { readonly kind: 'short'; readonly why: string } {
  return { kind: 'short', why };
}

function sorted(cpus: readonly number[]): readonly number[] {
  return cpus.toSorted((a, b) => a - b);
}
