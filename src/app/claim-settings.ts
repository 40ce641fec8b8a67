// How much of the host instances may hold, and how much heavy work it does at a time: keys of the configuration file.
// Names and defaults are nova.conf's, but for the CPUs' ratio, which Nova brought down from 16 to 4 for new hosts: the
// guests of a small host are many, and idle most of the time.
import { anIntegerFrom, optional, type Shape } from '../base/index.ts';
import type { ClaimSettings, Settings } from '../compute/index.ts';

export const DEFAULT_CLAIMS: ClaimSettings = {
  cpuAllocationRatio: 16,
  ramAllocationRatio: 1,
  diskAllocationRatio: 1,
  reservedHostCpus: 0,
  reservedHostMemoryMiB: 512,
  reservedHostDiskMiB: 0,
};

export const DEFAULT_WORK_LIMITS: Settings['workLimits'] = { builds: 10, snapshots: 5, conversions: 2 };

const aRatio: Shape<number> = (value, at) => {
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0 || value > 1000)
    return at.isNot('a ratio above 0, such as 1.5', value);
  return value;
};

const aLimit = anIntegerFrom(1, 1000);
const aReserve = anIntegerFrom(0);

export const claimShape = {
  cpu_allocation_ratio: optional(aRatio),
  ram_allocation_ratio: optional(aRatio),
  disk_allocation_ratio: optional(aRatio),
  reserved_host_cpus: optional(aReserve),
  reserved_host_memory_mb: optional(aReserve),
  reserved_host_disk_mb: optional(aReserve),
  max_concurrent_builds: optional(aLimit),
  max_concurrent_snapshots: optional(aLimit),
  max_concurrent_conversions: optional(aLimit),
} as const;

type ClaimData = {
  readonly [K in keyof typeof claimShape]?: number | undefined;
};

export function toClaimSettings(data: ClaimData): Pick<Settings, 'claims' | 'workLimits'> {
  return {
    claims: {
      cpuAllocationRatio: data.cpu_allocation_ratio ?? DEFAULT_CLAIMS.cpuAllocationRatio,
      ramAllocationRatio: data.ram_allocation_ratio ?? DEFAULT_CLAIMS.ramAllocationRatio,
      diskAllocationRatio: data.disk_allocation_ratio ?? DEFAULT_CLAIMS.diskAllocationRatio,
      reservedHostCpus: data.reserved_host_cpus ?? DEFAULT_CLAIMS.reservedHostCpus,
      reservedHostMemoryMiB: data.reserved_host_memory_mb ?? DEFAULT_CLAIMS.reservedHostMemoryMiB,
      reservedHostDiskMiB: data.reserved_host_disk_mb ?? DEFAULT_CLAIMS.reservedHostDiskMiB,
    },
    workLimits: {
      builds: data.max_concurrent_builds ?? DEFAULT_WORK_LIMITS.builds,
      snapshots: data.max_concurrent_snapshots ?? DEFAULT_WORK_LIMITS.snapshots,
      conversions: data.max_concurrent_conversions ?? DEFAULT_WORK_LIMITS.conversions,
    },
  };
}
