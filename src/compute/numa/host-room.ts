// The host's NUMA cells as a launch finds them: what libvirt shows, less what recorded instances hold. Pure.
// Rules: nova/virt/libvirt/driver.py, _get_host_numa_topology; nova/virt/hardware.py, numa_usage_from_instance_numa.
import type { HostCell } from '../../libvirt-xml/index.ts';
import type { Instance } from '../../model/index.ts';
import { isAway } from '../claims/claim.ts';
import type { HostRoom } from './fit-host.ts';
import type { CellHolding, HostNumaCell, PagePool } from './host-cell.ts';

/** Nova's initial_cpu_allocation_ratio. */
const FLOATING_PER_CPU = 16;

/** One that was resized holds both places, until it is said which it keeps. */
type Holder = Pick<Instance, 'name' | 'numa' | 'vmState' | 'taskState'> & {
  readonly resize?: Instance['resize'];
};

export interface HostRoomInput {
  readonly cells: readonly HostCell[];
  /** The kernel's pools of huge pages as they are now, by cell; they replace what libvirt said. */
  readonly hugePages: ReadonlyMap<number, readonly PagePool[]>;
  readonly dedicatedSet: readonly number[] | null;
  readonly sharedSet: readonly number[] | null;
  /** All that have a record: one holds what it was given until it is deleted, running or not, but for the shelved. */
  readonly instances: readonly Holder[];
}

export function hostRoom(input: HostRoomInput): HostRoom {
  const { cells, sharedSet } = input;
  const all = cells.flatMap(({ cpus }) => cpus.map(({ id }) => id));
  const online = sharedSet?.filter((cpu) => all.includes(cpu)) ?? null;
  return {
    cells: cells.map((cell) => roomOfCell(cell, input)),
    sharedPool: online,
    overcommit: { floatingPerCpu: FLOATING_PER_CPU },
  };
}

function roomOfCell(cell: HostCell, input: HostRoomInput): HostNumaCell {
  const { shared, dedicated } = usableCpus(input);
  const cpus = cell.cpus.map(({ id }) => id);
  const [sharedCpus, dedicatedCpus] = [cpus.filter(shared), cpus.filter(dedicated)];
  return {
    id: cell.id,
    memoryMiB: Math.floor(cell.memoryKiB / 1024),
    sharedCpus,
    dedicatedCpus,
    cores: coresOf(cell, new Set([...sharedCpus, ...dedicatedCpus])),
    pages: pagesOf(cell, input.hugePages.get(cell.id) ?? []),
    holdings: holdingsOf(
      cell,
      input.instances.filter((instance) => !isAway(instance)),
    ),
  };
}

type CpuTest = (cpu: number) => boolean;

/** With neither set every CPU serves for both; with one of them the other kind has only what its own set names. */
function usableCpus({ dedicatedSet, sharedSet }: HostRoomInput): { shared: CpuTest; dedicated: CpuTest } {
  if (dedicatedSet === null && sharedSet === null) return { shared: () => true, dedicated: () => true };
  return {
    shared: (cpu) => sharedSet?.includes(cpu) ?? false,
    dedicated: (cpu) => dedicatedSet?.includes(cpu) ?? false,
  };
}

function coresOf(cell: HostCell, usable: ReadonlySet<number>): readonly (readonly number[])[] {
  const cores = new Map(cell.cpus.map(({ siblings }) => [siblings.join(), siblings]));
  return [...cores.values()]
    .map((siblings) => siblings.filter((cpu) => usable.has(cpu)))
    .filter((siblings) => siblings.length > 0);
}

function pagesOf(cell: HostCell, hugePages: readonly PagePool[]): readonly PagePool[] {
  return cell.pages.map(
    ({ sizeKiB, total }) =>
      hugePages.find((pool) => pool.sizeKiB === sizeKiB) ?? { sizeKiB, total, free: null },
  );
}

/** CPUs are held where they are: whoever adopted a domain may find one cell of it pinned to several of the host. */
function holdingsOf(cell: HostCell, instances: HostRoomInput['instances']): readonly CellHolding[] {
  const here = new Set(cell.cpus.map(({ id }) => id));
  return instances.flatMap(({ name: owner, numa, resize }) => {
    const cells = [...(numa?.cells ?? []), ...(resize?.numa?.cells ?? [])];
    const cpus = cells.flatMap(({ heldCpus }) => heldCpus.filter((cpu) => here.has(cpu)));
    const placed = cells.filter(({ hostCell }) => hostCell === cell.id);
    const [first] = placed;
    if (first === undefined) {
      return cpus.length === 0 ? [] : [{ owner, cpus, floating: 0, memoryMiB: 0, pageSizeKiB: null }];
    }
    return placed.map((each) => ({
      owner,
      cpus: each === first ? cpus : [],
      floating: each.floating.length,
      memoryMiB: each.memoryMiB,
      pageSizeKiB: each.pageSizeKiB,
    }));
  });
}
