// A lock on an instance: nothing is done to it until it is taken off. Nova's `locked` and `locked_reason`.

export interface InstanceLock {
  readonly reason: string | null;
  /** ISO 8601, UTC. */
  readonly at: string;
}
