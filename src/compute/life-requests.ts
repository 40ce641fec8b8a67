// What may be asked of a whole instance beyond starting and stopping it.
import type { Instance } from '../model/index.ts';
import type { ActOptions, StopOptions } from './compute.ts';

/** Part of `Compute`. Each throws `INSTANCE_STATE_CONFLICT` where the table of transitions does not allow it, and `INSTANCE_LOCKED`. */
export interface Life {
  /** Stops its processors; its memory stays where it is. */
  pause(ref: string, options?: ActOptions): Promise<void>;
  /** Lets its processors go on, and sets its clock where an agent can. */
  unpause(ref: string, options?: ActOptions): Promise<void>;
  /** Writes its memory to a file that libvirt keeps, and ends its domain. */
  suspend(ref: string, options?: ActOptions): Promise<void>;
  /**
   * Goes on from the memory that `suspend` wrote, and sets its clock where an agent can. Throws `SAVED_MEMORY_GONE`, and leaves
   * it stopped, when somebody removed that.
   */
  resume(ref: string, options?: ActOptions): Promise<void>;
  /**
   * Ends its domain, and keeps its disks; with `offload` its root disk as an image alone. Nobody's processors or memory are held
   * then. Throws `INSTANCE_ADOPTED`, and what making an image throws.
   */
  shelve(ref: string, options?: ShelveOptions): Promise<void>;
  /** Builds it again and starts it. Throws `HOST_FULL` and `SHELVED_IMAGE_GONE`. */
  unshelve(ref: string, options?: ActOptions): Promise<void>;
  /** Keeps everybody from changing it until it is unlocked. A lock that is there already is replaced. */
  lock(ref: string, options?: LockOptions): Promise<Instance>;
  /** Fine for one that is not locked. */
  unlock(ref: string): Promise<Instance>;
  /** Changes the name that people use; hostname and domain keep theirs. Throws `INSTANCE_NAME_INVALID` and `INSTANCE_NAME_TAKEN`. */
  rename(ref: string, name: string, options?: ActOptions): Promise<Instance>;
  /** Changes metadata and tags, all of it at once or nothing. Throws `META_KEY_INVALID`, `META_VALUE_TOO_LONG` and `TAG_INVALID`. */
  change(ref: string, change: RecordChange): Promise<Instance>;
}

export interface ShelveOptions extends StopOptions {
  /**
   * Stores the root disk as an image, `<name>-shelved`, and removes the instance's own disks: what is on ephemeral and swap
   * disks is lost. Also of an instance that is shelved already.
   */
  readonly offload?: boolean;
}

export interface LockOptions {
  /** Shown to whoever is refused. */
  readonly reason?: string;
}

export interface RecordChange {
  /** Entries of the metadata to set, and null for those to remove. */
  readonly metadata?: Readonly<Record<string, string | null>>;
  readonly addTags?: readonly string[];
  /** Those that it does not have are fine. */
  readonly removeTags?: readonly string[];
}
