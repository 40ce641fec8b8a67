// What may be asked of an instance that is to begin anew.
import type { Instance } from '../../model/index.ts';
import type { ActOptions, LaunchRequest } from '../compute.ts';

/** Part of `Compute`. */
export interface Rebuilding {
  /**
   * Gives it a new root disk from an image, and new documents; id, name, ports, metadata and recorded hardware stay, and
   * whether it ran. Refuses before anything is touched what a launch refuses, and `IMAGE_ARCH_CONFLICT`,
   * `REBUILD_MACHINE_CONFLICT`, `REBUILD_NUMA_CONFLICT`. What fails after the old disk is given up leaves it in error, and
   * may be begun again.
   */
  rebuild(ref: string, request?: RebuildRequest, options?: ActOptions): Promise<Instance>;
}

/** What is left out stays as it was given, but for a password: the old one goes with the old disk. */
export interface RebuildRequest
  extends Pick<
    LaunchRequest,
    'userData' | 'validate' | 'sshKeys' | 'files' | 'adminPassword' | 'plainAdminPassword'
  > {
  /** Name or id; the instance's own when left out. */
  readonly image?: string;
  /** Leaves the ephemeral disk with what is on it. */
  readonly preserveEphemeral?: boolean;
}
