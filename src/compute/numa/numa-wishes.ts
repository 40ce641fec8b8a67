// What flavor and image may say about CPUs and memory on the host, as the typed fields give it.
import type {
  CpuMask,
  CpuPolicy,
  CpuThreadPolicy,
  EmulatorThreadsPolicy,
  Flavor,
  PageSize,
} from '../../model/index.ts';

type CellMap<T> = ReadonlyMap<number, T> | undefined;

export interface NumaWishes {
  readonly flavor: Pick<Flavor, 'vcpus' | 'memoryMiB' | 'extraSpecs'>;
  readonly specs: {
    readonly cpuPolicy: CpuPolicy | undefined;
    readonly cpuThreadPolicy: CpuThreadPolicy | undefined;
    readonly cpuDedicatedMask: CpuMask | undefined;
    readonly cpuRealtime: boolean | undefined;
    readonly cpuRealtimeMask: CpuMask | undefined;
    readonly emulatorThreadsPolicy: EmulatorThreadsPolicy | undefined;
    readonly numaNodes: number | undefined;
    readonly numaCpus: CellMap<readonly number[]>;
    /** MiB. */
    readonly numaMem: CellMap<number>;
    readonly memPageSize: PageSize | undefined;
    readonly lockedMemory: boolean | undefined;
  };
  readonly image: {
    readonly hw_cpu_policy: CpuPolicy | undefined;
    readonly hw_cpu_thread_policy: CpuThreadPolicy | undefined;
    readonly hw_cpu_realtime_mask: CpuMask | undefined;
    readonly hw_numa_nodes: number | undefined;
    readonly hw_numa_cpus: CellMap<readonly number[]>;
    /** MiB. */
    readonly hw_numa_mem: CellMap<number>;
    readonly hw_mem_page_size: PageSize | undefined;
    readonly hw_locked_memory: boolean | undefined;
    readonly traits_required: readonly string[];
  };
}
