// What is asked of backups, and what is answered.
import type { ActOptions } from '../compute.ts';
import type { Consistency } from '../snapshots/requests.ts';

export interface BackupPlace {
  /** Directory of backups, of any number of instances; `backups` in the state directory when left out. */
  readonly directory?: string;
}

export interface BackupRequest extends BackupPlace {
  /** All of the disks, also where what changed would do. */
  readonly full?: boolean;
}

export interface BackupView {
  readonly id: string;
  readonly instance: { readonly id: string; readonly name: string };
  readonly kind: 'full' | 'incremental';
  /** Of an incremental one: the backup whose content it changes. */
  readonly parent: string | null;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly consistency: Consistency;
  /** Of its files. */
  readonly bytes: number;
  readonly path: string;
}

export interface BackupMade extends BackupView {
  /** Why it is a full one where an incremental one could have been; null otherwise. */
  readonly why: string | null;
  /** What belongs to the instance and is not in it, each in words for a person. */
  readonly leftOut: readonly string[];
}

export interface BackupRestored {
  readonly backup: BackupView;
  /** Disks of the instance that the backup knows nothing of: they stay as they are. */
  readonly untouched: readonly string[];
}

/** Backups of disks, whole ones and what changed since. */
export interface Backups {
  /**
   * Copies the disks of a guest that runs, or of one that is off. Throws `INSTANCE_STATE_CONFLICT`, `INSTANCE_ADOPTED`,
   * `DISK_COPY_FAILED`.
   */
  create(ref: string, request?: BackupRequest, options?: ActOptions): Promise<BackupMade>;
  /** Of one instance or of all, oldest first. */
  list(ref?: string, place?: BackupPlace): Promise<readonly BackupView[]>;
  /**
   * Puts the disks of an instance that is off back as a backup has them; `latest` is the newest. Throws `BACKUP_NOT_FOUND`,
   * `BACKUP_BROKEN`, `BACKUP_DISKS_DIFFER`, `SNAPSHOTS_IN_THE_WAY`, `DISK_SPACE_EXHAUSTED`.
   */
  restore(ref: string, backup: string, place?: BackupPlace, options?: ActOptions): Promise<BackupRestored>;
  /** Removes one; with `increments` also those that build on it. Throws `BACKUP_NOT_FOUND` and `BACKUP_HAS_INCREMENTS`. */
  remove(
    ref: string,
    backup: string,
    options?: BackupPlace & { readonly increments?: boolean },
  ): Promise<readonly BackupView[]>;
}
