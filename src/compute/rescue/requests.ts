// What may be asked of an instance that does not boot, or has to be repaired from outside.
import type { Secret } from '../../base/index.ts';
import type { Instance } from '../../model/index.ts';
import type { ActOptions, StopOptions } from '../compute.ts';

/** Part of `Compute`. */
export interface Rescuing {
  /**
   * Boots another system beside the instance's own disks, with its keys and its network, and without its user data. What
   * fails leaves the instance as it was. Throws `INSTANCE_ADOPTED`, `IMAGE_ARCH_CONFLICT`, `RESCUE_DEVICE_UNSUPPORTED`.
   */
  rescue(ref: string, request?: RescueRequest, options?: ActOptions): Promise<Instance>;
  /** Ends the rescue as `stop` ends a guest, and starts the instance from its own disks. */
  unrescue(ref: string, options?: StopOptions): Promise<Instance>;
}

export interface RescueRequest {
  /** Name or id; the configuration's `rescue_image`, else the instance's own image, when left out. */
  readonly image?: string;
  /** The administrator's in the rescue system: a hash for cloud-init, in clear for Windows. */
  readonly adminPassword?: Secret;
}
