// What may be asked of an instance that is to get another size.
import type { ActOptions, StopOptions } from '../compute.ts';

/** Part of `Compute`. */
export interface Resizing {
  /**
   * Gives it another flavor: shuts it down, grows its disks, and starts it where it ran. Until `confirmResize` it can be taken
   * back. Refuses before anything stops: `RESIZE_SAME_FLAVOR`, `RESIZE_SHRINKS`, `RESIZE_FIRMWARE_FIXED`,
   * `RESIZE_HAS_SNAPSHOTS`, and what a launch refuses. When it fails afterwards, all is as it was.
   */
  resize(ref: string, request: ResizeRequest, options?: ResizeOptions): Promise<void>;
  /** Keeps the new size, and removes what the way back needed. The guest may run meanwhile. */
  confirmResize(ref: string, options?: ActOptions): Promise<void>;
  /** Goes back to the flavor and the disks from before: what the guest wrote since is lost. */
  revertResize(ref: string, options?: ActOptions): Promise<void>;
}

export interface ResizeRequest {
  /** Name of the flavor. */
  readonly flavor: string;
}

/** How the guest is shut down, as for `stop`. */
export type ResizeOptions = StopOptions;
