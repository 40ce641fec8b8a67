// What is asked for and answered when an instance's disks are copied or marked.
import type { DiskSnapshot, Image } from '../../model/index.ts';
import type { ActOptions } from '../compute.ts';

/**
 * `require`: filesystems are frozen meanwhile, or nothing is made. `try`: frozen where the agent is there and can. `never`:
 * as if the plug had been pulled.
 */
export type Quiesce = 'require' | 'try' | 'never';

/**
 * What a copy is like. `filesystem`: they were frozen, nothing has to be repaired. `crash`: as a disk after a power cut.
 * `off`: nobody ran; as clean as the guest left it.
 */
export type Consistency = 'filesystem' | 'crash' | 'off';

export interface CreateImageRequest {
  /** `<instance>-<date>` when left out; for a rotated one `<instance>-<type>-<date>`. */
  readonly name?: string;
  /** Packed clusters: smaller, and several times slower to make. */
  readonly compress?: boolean;
  /** `require` where the image says os_require_quiesce, else `try`, when left out. */
  readonly quiesce?: Quiesce;
  /** Added to those that say where it comes from. */
  readonly properties?: Readonly<Record<string, string>>;
  /** After so long the guest thaws by itself, whatever became of us; 60 000 when left out. */
  readonly freezeDeadlineMs?: number;
  /** Keep only so many of this instance and type, this one among them: Nova's createBackup. */
  readonly rotate?: Rotation;
}

export interface Rotation {
  /** Anybody's word: `daily`, `weekly` … */
  readonly type: string;
  /** 1 at least. */
  readonly keep: number;
}

export interface CreatedImage {
  readonly image: Image;
  readonly consistency: Consistency;
  /** Why the filesystems of a running guest were not frozen; null where they were, or where nobody asked. */
  readonly why: string | null;
  /** Names of older ones that the rotation removed. */
  readonly removed: readonly string[];
}

export interface CreateSnapshotRequest {
  /** Letters, digits, dot, dash and underscore. */
  readonly name: string;
  readonly quiesce?: Quiesce;
  /** After so long the guest thaws by itself; 60 000 when left out. */
  readonly freezeDeadlineMs?: number;
}

export interface CreatedSnapshot {
  readonly snapshot: DiskSnapshot;
  /** Why the filesystems of a running guest were not frozen; null where they were, or where nobody asked. */
  readonly why: string | null;
}

/** Marks in all of an instance's own disks at one moment, to go back to; not its memory. Each throws `SNAPSHOT_NOT_FOUND`. */
export interface Snapshots {
  /** Oldest first. */
  list(ref: string): Promise<readonly DiskSnapshot[]>;
  /** Running, paused or off; all disks or none. Throws `SNAPSHOT_EXISTS`, `SNAPSHOT_NAME_INVALID` and what `createImage` throws of freezing. */
  create(ref: string, request: CreateSnapshotRequest, options?: ActOptions): Promise<CreatedSnapshot>;
  /**
   * The disks are as they were, and what was written since is gone; other snapshots stay. A guest that runs is switched off
   * for it, and started again. Throws `SNAPSHOT_LOST`.
   */
  restore(ref: string, name: string, options?: ActOptions): Promise<void>;
  /** The disks stay as they are, and what only the snapshot needed is free again. */
  remove(ref: string, name: string, options?: ActOptions): Promise<void>;
}

/** What makes copies and marks of an instance's disks. */
export interface InstanceCopies {
  readonly snapshots: Snapshots;
  /**
   * Stores the root disk, of a guest that runs or of one that is off, as an image to launch others from. Throws
   * `QUIESCE_LOST`, and what freezing throws, where freezing is required; `ROOT_DISK_NOT_COPYABLE`, `IMAGE_EXISTS`.
   */
  createImage(ref: string, request?: CreateImageRequest, options?: ActOptions): Promise<CreatedImage>;
}
