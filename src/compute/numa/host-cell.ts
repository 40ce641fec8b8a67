// A host's NUMA cell with what is held of it. Plain values; who reads the host and the records makes them.

export interface HostNumaCell {
  readonly id: number;
  readonly memoryMiB: number;
  /** CPUs for floating vCPUs. */
  readonly sharedCpus: readonly number[];
  /** CPUs for pinned vCPUs. May be the same as the shared ones. */
  readonly dedicatedCpus: readonly number[];
  /** Each core's CPUs: its siblings, in the host's order. */
  readonly cores: readonly (readonly number[])[];
  readonly pages: readonly PagePool[];
  readonly holdings: readonly CellHolding[];
}

export interface PagePool {
  readonly sizeKiB: number;
  /** How many pages there are. */
  readonly total: number;
  /** How many the kernel has left just now; null where nobody asked. */
  readonly free: number | null;
}

/** What one instance holds of one cell. */
export interface CellHolding {
  /** The instance's name. */
  readonly owner: string;
  readonly cpus: readonly number[];
  /** How many of its vCPUs float. */
  readonly floating: number;
  readonly memoryMiB: number;
  /** Null for pages of the host's smallest size, unasked. */
  readonly pageSizeKiB: number | null;
}

export function heldCpus(cell: HostNumaCell): ReadonlySet<number> {
  return new Set(cell.holdings.flatMap(({ cpus }) => cpus));
}

export function freeDedicatedCpus(cell: HostNumaCell): number {
  const held = heldCpus(cell);
  return cell.dedicatedCpus.filter((cpu) => !held.has(cpu)).length;
}

export function freeMemoryMiB(cell: HostNumaCell): number {
  return cell.memoryMiB - cell.holdings.reduce((sum, { memoryMiB }) => sum + memoryMiB, 0);
}

/** How many vCPUs float on the cell's shared CPUs. */
export function floatingVcpus(cell: HostNumaCell): number {
  return cell.holdings.reduce((sum, { floating }) => sum + floating, 0);
}

/** Undefined for a cell of which no page sizes are known. */
export function smallestPageKiB(cell: HostNumaCell): number | undefined {
  return cell.pages.length === 0 ? undefined : Math.min(...cell.pages.map(({ sizeKiB }) => sizeKiB));
}

/** Less what instances hold, running or not, and no more than the kernel has. */
export function freePagesKiB(cell: HostNumaCell, pool: PagePool): number {
  const smallest = smallestPageKiB(cell);
  const heldKiB = cell.holdings
    .filter(({ pageSizeKiB }) => (pageSizeKiB ?? smallest) === pool.sizeKiB)
    .reduce((sum, { memoryMiB }) => sum + memoryMiB * 1024, 0);
  const leftKiB = pool.total * pool.sizeKiB - heldKiB;
  return pool.free === null ? leftKiB : Math.min(leftKiB, pool.free * pool.sizeKiB);
}
