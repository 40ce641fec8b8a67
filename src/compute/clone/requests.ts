// What may be asked of an instance that another one is to be made like.
import type { Instance, NetworkRequest } from '../../model/index.ts';
import type { ActOptions } from '../compute.ts';
import type { Consistency } from '../snapshots/requests.ts';

/** Part of `Compute`. */
export interface Cloning {
  /**
   * Makes a new instance with copies of the disks: its own id, network cards, addresses and config drive, and the size of
   * the first. The first may run meanwhile; its disks are copied as they are at one moment. Attached disks and shared folders
   * are not copied. Throws `INSTANCE_NAME_TAKEN`, `CLONE_NEEDS_NETWORK`, and what a launch throws of places and limits.
   */
  clone(ref: string, request: CloneRequest, options?: ActOptions): Promise<Cloned>;
}

export interface CloneRequest {
  readonly name: string;
  /** Other network cards than the first's, as for a launch. */
  readonly networks?: readonly NetworkRequest[];
  /** True when left out. */
  readonly start?: boolean;
}

export interface Cloned {
  readonly instance: Instance;
  readonly consistency: Consistency;
  /** Why a running guest's filesystems were not frozen; null where they were, or nothing ran. */
  readonly why: string | null;
}
