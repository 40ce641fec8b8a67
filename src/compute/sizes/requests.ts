// What may be asked of an instance that is to have more or less of what it has.
import type { ActOptions } from '../compute.ts';

/** Part of `Compute`. */
export interface Sizes {
  /**
   * Changes vCPUs and memory: of a running guest at once, up to the maxima that its domain was made with; of a stopped one to
   * anything, and the maxima too. Throws `SIZE_ABOVE_MAXIMUM`, `SIZE_PLACED`, `SIZE_MAXIMA_FIXED`, `SIZE_INVALID_CHANGE`,
   * `VCPUS_NOT_GIVEN_BACK`, and what a launch throws of room. When it fails, the size is as it was.
   */
  changeSize(ref: string, change: SizeChange, options?: ActOptions): Promise<SizeChanged>;
}

/** What is left out stays. */
export interface SizeChange {
  readonly vcpus?: number | undefined;
  readonly memoryMiB?: number | undefined;
  /** Of a stopped instance. */
  readonly maxVcpus?: number | undefined;
  readonly maxMemoryMiB?: number | undefined;
}

export interface SizeChanged {
  readonly vcpus: number;
  readonly memoryMiB: number;
  /** How far the guest has followed; null for one that is off. */
  readonly guest: {
    /** vCPUs that the guest uses; null where its agent did not say. */
    readonly onlineVcpus: number | null;
    /** What its balloon leaves it. */
    readonly memoryMiB: number;
    /** Why it has not followed whole, or null. */
    readonly why: string | null;
  } | null;
}
