// What of a guest's virtual hardware the host's configuration decides rather than flavor and image. Recorded with the
// instance, so that another configuration later, or another novalet, changes nothing for it.
import type { VirtType } from './hardware.ts';

/** `zed`: what Nova 26.2 writes, quirks included. `modern`: what a fast guest of today looks like. */
export type HardwareProfile = 'zed' | 'modern';

/** Each can be set by itself; docs/hardware.md says what it gains and costs. */
export interface HardwareSwitches {
  /** A thread of its own for the virtio disks. */
  readonly ioThreads: boolean;
  /** A guest short of memory gets back what its balloon took. */
  readonly autodeflate: boolean;
  /** Pages that the guest frees go back to the host. */
  readonly freePageReporting: boolean;
  /** What the guest trims, the host gets back. */
  readonly discard: boolean;
  readonly ioUring: boolean;
  /** Virtio's packed rings, for network cards and disks. */
  readonly packedRings: boolean;
  readonly balloon: boolean;
}

export interface HardwareOptions extends HardwareSwitches {
  readonly profile: HardwareProfile;
  /** The agent's channel, unless the image says otherwise. */
  readonly guestAgent: boolean;
  /** novalet's own port beside the agent's. */
  readonly lane: boolean;
  /** How often the balloon reports memory use; 0 for no report. */
  readonly statsPeriodS: number;
  /** PCIe slots kept free for hot-plugging, on machine types that need it. */
  readonly pciePorts: number;
  readonly rxQueueSize: number | null;
  /** `unique`: the instance's UUID is the serial number in its SMBIOS tables. */
  readonly serialNumber: 'unique' | 'none';
  /** `nova:package@version`, and the version in the SMBIOS tables. */
  readonly packageVersion: string;
  /** What guests of the host's own architecture ran under. */
  readonly hostVirtType: VirtType;
  /** How many queues a tap device of the host may have. */
  readonly maxQueues: number;
}

export const PROFILE_SWITCHES: Readonly<Record<HardwareProfile, HardwareSwitches>> = {
  zed: {
    ioThreads: false,
    autodeflate: false,
    freePageReporting: false,
    discard: false,
    ioUring: false,
    packedRings: false,
    balloon: true,
  },
  modern: {
    ioThreads: true,
    autodeflate: true,
    freePageReporting: true,
    discard: true,
    ioUring: false,
    packedRings: false,
    balloon: true,
  },
};

/** With what instances were built before these were recorded. */
export const UNRECORDED_OPTIONS: HardwareOptions = {
  ...PROFILE_SWITCHES.modern,
  ioThreads: false,
  profile: 'modern',
  guestAgent: true,
  lane: true,
  statsPeriodS: 10,
  pciePorts: 0,
  rxQueueSize: null,
  serialNumber: 'unique',
  packageVersion: '0.1.0',
  hostVirtType: 'qemu',
  maxQueues: 256,
};
