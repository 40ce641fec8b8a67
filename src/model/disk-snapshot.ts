// A mark in each of an instance's own disks that it can go back to. The disks' content alone: no memory, no record.

export interface DiskSnapshot {
  /** UUID; with `novalet-` before it the mark's name in the disks' files. */
  readonly id: string;
  readonly instanceId: string;
  /** The name people use; one of the instance's. */
  readonly name: string;
  /** `filesystem`: they were frozen. `crash`: as after a power cut. `off`: nobody ran. */
  readonly consistency: 'filesystem' | 'crash' | 'off';
  /** The files that have the mark, in the instance's directory. */
  readonly fileNames: readonly string[];
  /** Whether a copy of the firmware's variables lies beside them. */
  readonly hasFirmware: boolean;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** What a process is doing to it, or left half done; null when it is whole. */
  readonly work: SnapshotWork | null;
}

export type SnapshotWork =
  | { readonly kind: 'create' }
  | { readonly kind: 'remove' }
  /** `start`: the guest ran before. */
  | { readonly kind: 'restore'; readonly start: boolean };
