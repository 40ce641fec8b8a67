// What a domain that somebody else made holds of the host: read from its XML, so that an adopted instance counts as its
// own guests do. Pure. It holds the CPUs that a vCPU alone is pinned to, and the memory of cells bound to one host cell.
// Rules: https://libvirt.org/formatdomain.html#cpu-tuning, #numa-node-tuning, #memory-backing
import {
  attributeOf,
  childElements,
  type Element,
  find,
  type HostCell,
  readCpuSet,
  textOf,
} from '../../libvirt-xml/index.ts';
import type { CpuPin, NumaPlacement, PlacedCell } from '../../model/index.ts';

/** Null for a domain that is bound to no place. */
export function readPlacement(domain: Element, hostCells: readonly HostCell[]): NumaPlacement | null {
  const pins = pinsOf(domain);
  const cells = guestCellsOf(domain).map((cell) => placedCell(domain, cell, pins, hostCells));
  if (cells.every(({ hostCell, pins: own }) => hostCell === null && own.length === 0)) return null;
  const emulator = attributeOf(find(domain, 'cputune', 'emulatorpin'), 'cpuset');
  return {
    cells,
    emulatorCpus: emulator === undefined ? [] : readCpuSet(emulator),
    realtimeVcpus: childElements(find(domain, 'cputune') ?? domain, 'vcpusched').flatMap((each) =>
      readCpuSet(attributeOf(each, 'vcpus') ?? ''),
    ),
    isMemoryShared: find(domain, 'memoryBacking', 'access')?.attributes.get('mode') === 'shared',
    isMemoryLocked: find(domain, 'memoryBacking', 'locked') !== undefined,
  };
}

interface GuestCellFacts {
  readonly id: number;
  readonly vcpus: readonly number[];
  readonly memoryMiB: number;
}

/** vCPUs with a CPU to themselves. */
function pinsOf(domain: Element): readonly CpuPin[] {
  return childElements(find(domain, 'cputune') ?? domain, 'vcpupin').flatMap((each) => {
    const [cpu, ...more] = readCpuSet(attributeOf(each, 'cpuset') ?? '');
    const vcpu = Number(attributeOf(each, 'vcpu') ?? Number.NaN);
    return cpu === undefined || more.length > 0 || !Number.isInteger(vcpu) ? [] : [{ vcpu, cpu }];
  });
}

/** A domain without NUMA cells of its own is as one. */
function guestCellsOf(domain: Element): readonly GuestCellFacts[] {
  const cells = childElements(find(domain, 'cpu', 'numa') ?? domain, 'cell');
  if (cells.length > 0) {
    return cells.map((cell, index) => ({
      id: Number(attributeOf(cell, 'id') ?? index),
      vcpus: readCpuSet(attributeOf(cell, 'cpus') ?? ''),
      memoryMiB: Math.ceil(kibibytes(attributeOf(cell, 'memory'), attributeOf(cell, 'unit')) / 1024),
    }));
  }
  const memory = find(domain, 'memory');
  const vcpus = Number(textOf(find(domain, 'vcpu')) ?? 1);
  return [
    {
      id: 0,
      vcpus: Array.from({ length: Math.min(vcpus, 65_536) || 0 }, (_unused, vcpu) => vcpu),
      memoryMiB: Math.ceil(kibibytes(textOf(memory), attributeOf(memory, 'unit')) / 1024),
    },
  ];
}

function placedCell(
  domain: Element,
  cell: GuestCellFacts,
  pins: readonly CpuPin[],
  hostCells: readonly HostCell[],
): PlacedCell {
  const own = pins.filter(({ vcpu }) => cell.vcpus.includes(vcpu));
  const pageSizeKiB = pageSizeOf(domain, cell.id);
  return {
    hostCell: hostCellOf(domain, cell.id) ?? cellOfCpu(own[0]?.cpu, hostCells),
    memoryMiB: cell.memoryMiB,
    pins: own,
    floating: cell.vcpus.filter((vcpu) => !own.some((pin) => pin.vcpu === vcpu)),
    floatingCpus: [],
    pageSizeKiB,
    hasHugePages: pageSizeKiB !== null,
    heldCpus: [...new Set(own.map(({ cpu }) => cpu))].toSorted((a, b) => a - b),
  };
}

/** Only a binding to one host cell says where memory lies. */
function hostCellOf(domain: Element, id: number): number | null {
  const tune = find(domain, 'numatune');
  if (tune === undefined) return null;
  const node =
    childElements(tune, 'memnode').find((each) => attributeOf(each, 'cellid') === String(id)) ??
    find(tune, 'memory');
  const [hostCell, ...more] = readCpuSet(attributeOf(node, 'nodeset') ?? '');
  return hostCell === undefined || more.length > 0 ? null : hostCell;
}

function cellOfCpu(cpu: number | undefined, hostCells: readonly HostCell[]): number | null {
  return hostCells.find((cell) => cell.cpus.some(({ id }) => id === cpu))?.id ?? null;
}

/** Null for pages of the smallest size, and for a size that is left to libvirt. */
function pageSizeOf(domain: Element, id: number): number | null {
  const pages = childElements(find(domain, 'memoryBacking', 'hugepages') ?? domain, 'page');
  const page = pages.find((each) => {
    const nodeset = attributeOf(each, 'nodeset');
    return nodeset === undefined || readCpuSet(nodeset).includes(id);
  });
  const sizeKiB = kibibytes(attributeOf(page, 'size'), attributeOf(page, 'unit'));
  return sizeKiB > 0 ? sizeKiB : null;
}

const BYTES_PER: Readonly<Record<string, number>> = {
  b: 1,
  bytes: 1,
  KB: 1000,
  k: 1024,
  KiB: 1024,
  MB: 1000 ** 2,
  M: 1024 ** 2,
  MiB: 1024 ** 2,
  GB: 1000 ** 3,
  G: 1024 ** 3,
  GiB: 1024 ** 3,
  TB: 1000 ** 4,
  T: 1024 ** 4,
  TiB: 1024 ** 4,
};

/** Rounded up; 0 for what is no size. libvirt's own unit is KiB. */
function kibibytes(text: string | undefined, unit = 'KiB'): number {
  const amount = (Number(text) * (BYTES_PER[unit] ?? Number.NaN)) / 1024;
  return Number.isFinite(amount) ? Math.ceil(amount) : 0;
}
