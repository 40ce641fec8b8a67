// What a guest asks of its host's NUMA cells. Pure. Rules: nova/virt/hardware.py, numa_get_constraints.
import { Fault } from '../../base/index.ts';
import type { NumaRequest, NumaRequestCell, PageSize } from '../../model/index.ts';
import { cpuWishes, imageForbidden } from './cpu-wishes.ts';
import type { NumaWishes } from './numa-wishes.ts';

/**
 * Null for a guest that asks for nothing: no cells, no pinning, no page size. Throws the faults of `cpuWishes`, and
 * `NUMA_CELLS_INVALID`, `LOCKED_MEMORY_NEEDS_PAGE_SIZE` or `FLAVOR_IMAGE_CONFLICT`.
 */
export function numaRequest(wishes: NumaWishes): NumaRequest | null {
  const cpus = cpuWishes(wishes);
  const nodes = cellCount(wishes);
  const pageSize = agreedPageSize(wishes);
  checkLockedMemory(wishes);
  const isPinned = cpus.policy === 'dedicated' || cpus.policy === 'mixed';
  if (nodes === null && pageSize === null && !isPinned) return null;
  return {
    cells: requestCells(wishes, nodes ?? 1, new Set(cpus.pinned)),
    cpuPolicy: cpus.policy,
    threadPolicy: cpus.threadPolicy,
    emulatorThreads: cpus.emulatorThreads,
    pageSize,
    realtimeVcpus: cpus.realtime,
    isMemoryLocked: isMemoryLocked(wishes),
  };
}

function isMemoryLocked({ specs, image }: NumaWishes): boolean {
  const { hw_locked_memory: ofImage } = image;
  return specs.lockedMemory ?? ofImage ?? false;
}

function cellCount({ specs, image }: NumaWishes): number | null {
  const { hw_numa_nodes: ofImage } = image;
  if (specs.numaNodes !== undefined && ofImage !== undefined) {
    throw imageForbidden('hw:numa_nodes', specs.numaNodes, ofImage);
  }
  return specs.numaNodes ?? ofImage ?? null;
}

/** An image chooses only where its flavor leaves the size open. */
function agreedPageSize({ specs, image }: NumaWishes): PageSize | null {
  const { hw_mem_page_size: ofImage } = image;
  const ofFlavor = specs.memPageSize;
  if (ofImage === undefined) return ofFlavor ?? null;
  if (ofFlavor === 'any' || ofFlavor === 'large') return ofImage;
  throw imageForbidden('hw:mem_page_size', ofFlavor, ofImage);
}

function checkLockedMemory(wishes: NumaWishes): void {
  const { hw_locked_memory: ofImage, hw_mem_page_size: pagesOfImage } = wishes.image;
  const { lockedMemory: ofFlavor, memPageSize: pagesOfFlavor } = wishes.specs;
  if (ofFlavor !== undefined && ofImage !== undefined && ofFlavor !== ofImage) {
    throw new Fault(
      'invalid',
      'FLAVOR_IMAGE_CONFLICT',
      `The flavor's hw:locked_memory is ${ofFlavor} and the image's hw_locked_memory is ${ofImage}`,
      { hint: 'Set both alike, or take one away.', details: { key: 'hw:locked_memory' } },
    );
  }
  if (!isMemoryLocked(wishes) || pagesOfFlavor !== undefined || pagesOfImage !== undefined) return;
  throw new Fault(
    'invalid',
    'LOCKED_MEMORY_NEEDS_PAGE_SIZE',
    'hw:locked_memory needs hw:mem_page_size, which makes the host count the memory',
    { hint: 'Set hw:mem_page_size of the flavor; small is enough.', details: { key: 'hw:locked_memory' } },
  );
}

function requestCells(
  wishes: NumaWishes,
  nodes: number,
  pinned: ReadonlySet<number>,
): readonly NumaRequestCell[] {
  const { hw_numa_cpus: imageCpus, hw_numa_mem: imageMemory } = wishes.image;
  const cpuLists = cellList('hw:numa_cpus', wishes.specs.numaCpus, imageCpus);
  const memories = cellList('hw:numa_mem', wishes.specs.numaMem, imageMemory);
  if (cpuLists === null && memories === null) return evenCells(wishes, nodes, pinned);
  if (cpuLists?.length !== nodes || memories?.length !== nodes) {
    const [cpus, memory] = [cpuLists?.length ?? 0, memories?.length ?? 0];
    throw cellsFault(
      'hw:numa_nodes',
      `The guest has ${nodes} NUMA cells, hw:numa_cpus of ${cpus} of them and hw:numa_mem of ${memory}`,
      'Give both for every cell from 0 on, or neither.',
    );
  }
  checkCpus(wishes, cpuLists);
  checkMemory(wishes, memories);
  return cpuLists.map((vcpus, cell) => requestCell(vcpus, pinned, memories[cell] ?? 0));
}

/** Consecutive cells from 0 on; what comes after a gap is not looked at. Null for none. */
function cellList<T>(
  key: string,
  ofFlavor: ReadonlyMap<number, T> | undefined,
  ofImage: ReadonlyMap<number, T> | undefined,
): readonly T[] | null {
  const [flavorCells, imageCells] = [consecutive(ofFlavor), consecutive(ofImage)];
  if (flavorCells.length > 0 && imageCells.length > 0) throw imageForbidden(key, `${key}.0`, undefined);
  const cells = flavorCells.length > 0 ? flavorCells : imageCells;
  return cells.length > 0 ? cells : null;
}

function consecutive<T>(cells: ReadonlyMap<number, T> | undefined): readonly T[] {
  const list: T[] = [];
  for (let cell = cells?.get(0); cell !== undefined; cell = cells?.get(list.length)) list.push(cell);
  return list;
}

function evenCells(
  { flavor }: NumaWishes,
  nodes: number,
  pinned: ReadonlySet<number>,
): readonly NumaRequestCell[] {
  const { vcpus, memoryMiB } = flavor;
  if (vcpus % nodes !== 0 || memoryMiB % nodes !== 0) {
    throw cellsFault(
      'hw:numa_nodes',
      `${vcpus} vCPUs and ${memoryMiB} MiB cannot be shared out evenly among ${nodes} NUMA cells`,
      'Change hw:numa_nodes, or say which cell has what with hw:numa_cpus.N and hw:numa_mem.N.',
    );
  }
  const each = vcpus / nodes;
  return Array.from({ length: nodes }, (_unused, cell) => {
    const ofCell = Array.from({ length: each }, (_none, vcpu) => cell * each + vcpu);
    return requestCell(ofCell, pinned, memoryMiB / nodes);
  });
}

function requestCell(
  vcpus: readonly number[],
  pinned: ReadonlySet<number>,
  memoryMiB: number,
): NumaRequestCell {
  return {
    pinned: vcpus.filter((vcpu) => pinned.has(vcpu)),
    floating: vcpus.filter((vcpu) => !pinned.has(vcpu)),
    memoryMiB,
  };
}

function checkCpus({ flavor }: NumaWishes, lists: readonly (readonly number[])[]): void {
  const left = new Set(Array.from({ length: flavor.vcpus }, (_unused, vcpu) => vcpu));
  for (const [cell, vcpus] of lists.entries()) {
    const key = `hw:numa_cpus.${cell}`;
    for (const vcpu of vcpus) {
      if (left.delete(vcpu)) continue;
      const what =
        vcpu < flavor.vcpus
          ? 'which another cell has already'
          : `and the flavor's are 0 to ${flavor.vcpus - 1}`;
      throw cellsFault(key, `${key} names vCPU ${vcpu}, ${what}`, 'Give every vCPU to one cell.');
    }
  }
  if (left.size === 0) return;
  const missing = [...left].join(', ');
  throw cellsFault('hw:numa_cpus.0', `No NUMA cell has vCPU ${missing}`, 'Give every vCPU to one cell.');
}

function checkMemory({ flavor }: NumaWishes, memories: readonly number[]): void {
  const sum = memories.reduce((total, memoryMiB) => total + memoryMiB, 0);
  if (sum === flavor.memoryMiB) return;
  throw cellsFault(
    'hw:numa_mem.0',
    `The NUMA cells have ${sum} MiB together, and the flavor has ${flavor.memoryMiB}`,
    "Make hw:numa_mem.N add up to the flavor's memory.",
  );
}

function cellsFault(key: string, message: string, hint: string): Fault {
  return new Fault('invalid', 'NUMA_CELLS_INVALID', message, { hint, details: { key } });
}
