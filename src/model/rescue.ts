// What a rescued instance runs from, and what a resized one goes back to.
import type { Disk } from './disk.ts';
import type { Flavor } from './flavor.ts';
import type { Hardware } from './hardware.ts';
import type { NumaPlacement } from './numa-topology.ts';

/** An instance that is booted from another image, with its own disks beside. */
export interface Rescue {
  readonly image: {
    readonly id: string;
    readonly name: string;
    readonly properties: Readonly<Record<string, string>>;
  };
  /** All disks of the domain while it is rescued, in order. */
  readonly disks: readonly Disk[];
  /** Nova's stable device rescue: every disk keeps its place, and the rescue disk, which boots, is the last. */
  readonly isStable: boolean;
}

/** What a resize can be taken back to until it is confirmed. */
export interface Resize {
  readonly flavor: Flavor;
  readonly hardware: Hardware;
  readonly numa: NumaPlacement | null;
  readonly disks: readonly Disk[];
  readonly wasRunning: boolean;
  /** ISO 8601, UTC. */
  readonly at: string;
}
