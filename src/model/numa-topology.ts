// What a guest asks of its host's NUMA cells, and where it was put. Both are plain values: the placement is recorded
// with the instance, holds its CPUs and memory, and makes every later XML of it. Words are Nova's (instance_numa.py).
import type { PageSize } from './page-size.ts';

export type CpuPolicy = 'shared' | 'dedicated' | 'mixed';
export type CpuThreadPolicy = 'prefer' | 'isolate' | 'require';
export type EmulatorThreadsPolicy = 'share' | 'isolate';

export interface NumaRequest {
  /** In the guest's order; at least one. */
  readonly cells: readonly NumaRequestCell[];
  readonly cpuPolicy: CpuPolicy | null;
  readonly threadPolicy: CpuThreadPolicy | null;
  /** Where QEMU's own threads run; null lets them run beside the vCPUs. */
  readonly emulatorThreads: EmulatorThreadsPolicy | null;
  /** Null asks for no particular size. */
  readonly pageSize: PageSize | null;
  /** vCPUs under the realtime scheduler, sorted; empty for none. */
  readonly realtimeVcpus: readonly number[];
  /** Whether the guest's memory may never be swapped out. */
  readonly isMemoryLocked: boolean;
}

export interface NumaRequestCell {
  /** vCPUs that each have a host CPU of their own, sorted. */
  readonly pinned: readonly number[];
  /** vCPUs that run on any of the host cell's CPUs, sorted. */
  readonly floating: readonly number[];
  readonly memoryMiB: number;
}

export interface NumaPlacement {
  /** In the guest's order. */
  readonly cells: readonly PlacedCell[];
  /** Host CPUs that QEMU's own threads may use, sorted. */
  readonly emulatorCpus: readonly number[];
  /** vCPUs under the realtime scheduler, sorted; empty for none. */
  readonly realtimeVcpus: readonly number[];
  /** Whether the guest's memory is mapped shared, as other processes need it that map huge pages too. */
  readonly isMemoryShared: boolean;
  /** Whether it may never be swapped out. */
  readonly isMemoryLocked: boolean;
}

export interface PlacedCell {
  /** The host cell's id; null where the host shows no cells, and the guest alone sees some. */
  readonly hostCell: number | null;
  readonly memoryMiB: number;
  readonly pins: readonly CpuPin[];
  /** vCPUs without a pin, sorted. */
  readonly floating: readonly number[];
  /** Host CPUs that they run on, sorted. */
  readonly floatingCpus: readonly number[];
  /** The size chosen; null when none was asked for. */
  readonly pageSizeKiB: number | null;
  /** Whether that is more than the host's smallest, which has no pool of its own. */
  readonly hasHugePages: boolean;
  /** Host CPUs that nobody else may be given: the pins, the emulator's own, and what `isolate` keeps idle; sorted. */
  readonly heldCpus: readonly number[];
}

export interface CpuPin {
  readonly vcpu: number;
  readonly cpu: number;
}
