// What a running instance uses of its host, and how its guest stands. Field names follow Nova's diagnostics (microversion
// 2.48) where it has them.
import type { GuestFilesystem, Told } from '../../guest/index.ts';
import type { ActOptions } from '../compute.ts';

/** Part of `Compute`. */
export interface Measuring {
  /** All of it in one view. Throws `INSTANCE_STATE_CONFLICT` for one whose domain is off. */
  diagnostics(ref: string, options?: ActOptions): Promise<Diagnostics>;
  /** The counters of all instances that run, by one call to libvirt; of two of these a door makes rates. */
  usage(): Promise<UsageSample>;
}

export interface UsageSample {
  /** By performance.now(). */
  readonly atMs: number;
  readonly instances: readonly Usage[];
}

/** Counters count from the domain's start. */
export interface Usage {
  readonly id: string;
  readonly name: string;
  readonly cpu: CpuUse;
  readonly memory: MemoryUse;
  readonly disks: readonly DiskUse[];
  readonly nics: readonly NicUse[];
}

export interface CpuUse {
  /** Of QEMU in all, on the host's CPUs. */
  readonly timeNs: number;
  readonly vcpus: readonly { readonly id: number; readonly timeNs: number; readonly waitNs: number }[];
}

/** KiB. What the balloon's driver tells is null where the guest has none, or said nothing yet. */
export interface MemoryUse {
  readonly maximumKiB: number;
  /** What the guest has at this moment. */
  readonly currentKiB: number;
  /** What QEMU takes of the host. */
  readonly residentKiB: number;
  /** As the guest's kernel sees them. */
  readonly availableKiB: number | null;
  readonly usableKiB: number | null;
  readonly unusedKiB: number | null;
  readonly cachesKiB: number | null;
  readonly swappedInKiB: number | null;
  readonly swappedOutKiB: number | null;
}

export interface DiskUse {
  /** `vda`. */
  readonly target: string;
  readonly readBytes: number;
  readonly readRequests: number;
  readonly readNs: number;
  readonly writeBytes: number;
  readonly writeRequests: number;
  readonly writeNs: number;
  readonly flushes: number;
  readonly errors: number | null;
  /** What the guest sees, and what its file takes of the host. */
  readonly capacityBytes: number | null;
  readonly physicalBytes: number | null;
}

/** As the guest sees them: what it received, and what it sent. */
export interface NicUse {
  /** The tap device on the host. */
  readonly name: string;
  readonly mac: string | null;
  readonly rxBytes: number;
  readonly rxPackets: number;
  readonly rxErrors: number;
  readonly rxDrops: number;
  readonly txBytes: number;
  readonly txPackets: number;
  readonly txErrors: number;
  readonly txDrops: number;
}

export interface Diagnostics extends Usage {
  readonly status: string;
  /** `qemu` or `kvm`. */
  readonly hypervisor: string;
  /** Since the domain started, by the file of its process; null where that cannot be seen. */
  readonly uptimeS: number | null;
  readonly agent: 'connected' | 'disconnected' | 'absent' | 'unknown';
  /** What the guest's agent tells of them, within a few seconds. */
  readonly filesystems: Told<readonly GuestFilesystem[]>;
}
