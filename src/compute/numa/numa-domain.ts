// What a recorded placement means for the domain's XML. Pure. Rules: nova/virt/libvirt/driver.py, _get_guest_numa_config
// and _get_guest_memory_backing_config.
import type { CpuTune, GuestCell, MemoryBacking, NumaTune } from '../../libvirt-xml/index.ts';
import type { NumaPlacement, PlacedCell } from '../../model/index.ts';

export interface NumaDomain {
  readonly memoryBacking: MemoryBacking | null;
  readonly numaTune: NumaTune | null;
  readonly cpuTune: Pick<CpuTune, 'emulatorCpus' | 'ioThreads' | 'vcpuPins' | 'realtimeVcpus'>;
  readonly guestCells: readonly GuestCell[];
}

/**
 * `placement` is null for a guest that asked for none. I/O threads run beside QEMU's other threads, as master has them: a
 * guest with CPUs of its own must not be served from those of another.
 */
export function numaDomain(placement: NumaPlacement | null, ioThreads: number): NumaDomain {
  if (placement === null) return { memoryBacking: null, numaTune: null, cpuTune: {}, guestCells: [] };
  const { cells, emulatorCpus, realtimeVcpus } = placement;
  const hostCells = cells.flatMap(({ hostCell }) => hostCell ?? []);
  const isPlaced = hostCells.length > 0;
  const pins = cells.flatMap(vcpuPins).toSorted((a, b) => a.vcpu - b.vcpu);
  return {
    memoryBacking: memoryBacking(placement),
    numaTune: isPlaced ? hostCells : null,
    cpuTune: isPlaced ? { emulatorCpus, ioThreads, vcpuPins: pins, realtimeVcpus } : {},
    guestCells: cells.map((cell) => ({
      vcpus: [...cell.floating, ...cell.pins.map(({ vcpu }) => vcpu)],
      memoryKiB: cell.memoryMiB * 1024,
      isShared: placement.isMemoryShared,
    })),
  };
}

/** Realtime memory is neither swapped out nor merged with that of others. */
function memoryBacking({ cells, realtimeVcpus, isMemoryLocked }: NumaPlacement): MemoryBacking | null {
  const hugePages = cells.flatMap(({ pageSizeKiB, hasHugePages }, cell) =>
    pageSizeKiB !== null && hasHugePages ? [{ sizeKiB: pageSizeKiB, cell }] : [],
  );
  const isRealtime = realtimeVcpus.length > 0;
  if (hugePages.length === 0 && !isRealtime && !isMemoryLocked) return null;
  return { hugePages, sharesPages: !isRealtime, locked: isRealtime || isMemoryLocked };
}

function vcpuPins({ pins, floating, floatingCpus }: PlacedCell): NonNullable<CpuTune['vcpuPins']> {
  return [
    ...pins.map(({ vcpu, cpu }) => ({ vcpu, cpus: [cpu] })),
    ...floating.map((vcpu) => ({ vcpu, cpus: floatingCpus })),
  ];
}
