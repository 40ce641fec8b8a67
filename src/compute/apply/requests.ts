// What a file of wishes says there shall be on this host, and what becomes of it: the contract of `apply` and `delete -f`.
import type { Fault } from '../../base/index.ts';
import type { Flavor } from '../../model/index.ts';
import type { ActOptions, LaunchRequest } from '../compute.ts';
import type { AttachDiskRequest } from '../disks/disk-requests.ts';
import type { NetworkCreateRequest } from '../networks/requests.ts';
import type { PortCreateRequest } from '../ports/requests.ts';

/** What there shall be. Names are unique within each list. What a wish leaves out is left as it is where the thing is there. */
export interface Manifest {
  readonly images: readonly WantedImage[];
  readonly flavors: readonly Flavor[];
  readonly networks: readonly NetworkCreateRequest[];
  readonly ports: readonly PortCreateRequest[];
  readonly instances: readonly WantedInstance[];
}

export interface WantedImage {
  readonly name: string;
  readonly from: ImageOrigin;
  /** Lower-case hex, of the source as it is fetched. Without it an image that is there is taken for the one that is meant. */
  readonly sha256?: string;
  readonly diskFormat?: string;
  readonly minDiskGiB?: number;
  readonly minRamMiB?: number;
  /** Those that it shall have; others are left alone. `kernel_id` and `ramdisk_id` may be names. */
  readonly properties?: Readonly<Record<string, string>>;
}

export type ImageOrigin =
  /** A path or an http(s) URL. */
  | { readonly kind: 'source'; readonly source: string }
  /** A vendor's, for example `debian:12`. */
  | { readonly kind: 'catalogue'; readonly name: string };

/** As a launch asks for it; a password is not part of it, since nobody could tell whether it is the same. */
export interface WantedInstance
  extends Pick<
    LaunchRequest,
    | 'image'
    | 'flavor'
    | 'userData'
    | 'validate'
    | 'sshKeys'
    | 'guest'
    | 'files'
    | 'networks'
    | 'links'
    | 'shares'
    | 'configDrive'
    | 'datasource'
    | 'agent'
    | 'maxVcpus'
    | 'maxMemoryMiB'
    | 'metadata'
    | 'tags'
  > {
  readonly name: string;
  /** Whether it shall run; a new one does when left out. */
  readonly state?: 'active' | 'stopped';
  /** Those beside what its flavor and its image give it. Others that have no name, since somebody attached them, are left alone. */
  readonly disks?: readonly WantedDisk[];
}

export interface WantedDisk extends AttachDiskRequest {
  /** Unique within the instance; by it the disk is known again. */
  readonly name: string;
}

export type ResourceKind = 'image' | 'flavor' | 'network' | 'port' | 'instance';

/** What a step costs whoever uses the thing: nothing, a restart of the guest, or what is on its root disk. */
export type Cost = 'none' | 'restart' | 'replace';

/** One thing of the file, and what has to be done to it. */
export interface ApplyStep {
  readonly kind: ResourceKind;
  readonly name: string;
  readonly action: 'create' | 'change' | 'replace' | 'remove' | 'none';
  readonly cost: Cost;
  readonly differences: readonly Difference[];
  /** What else follows from it, for people. */
  readonly notes: readonly string[];
  /** Why it cannot be done as things are; null where it can. Nothing is done then, to nothing. */
  readonly problem: string | null;
}

/** In words for people; null for nothing. Never a secret. */
export interface Difference {
  /** As the file calls it. */
  readonly key: string;
  readonly from: string | null;
  readonly to: string | null;
}

export interface StepResult extends ApplyStep {
  readonly result: 'unchanged' | 'done' | 'failed' | 'not-done';
  /** What did not quite work, although the step did. May hold the guest's words. */
  readonly warnings: readonly string[];
  /** Of the one that failed. */
  readonly fault: Fault | null;
}

export interface CarryOutOptions extends ActOptions {
  /** Told once, before anything is done. */
  readonly onPlan?: (steps: readonly ApplyStep[]) => void;
  /** Told of every step when it has ended, also of those that a failure kept from being begun. */
  readonly onResult?: (result: StepResult) => void;
}

export interface ApplyOptions extends CarryOutOptions {
  /** Guests may be restarted for it. */
  readonly allowRestart?: boolean;
  /** Root disks may be lost for it, and images be fetched in place of others; guests are restarted then too. */
  readonly allowReplace?: boolean;
}

export interface RemovalOptions {
  /** Also the images and flavors of the file. */
  readonly all?: boolean;
}

/** Many things at once, as a file describes them. */
export interface Manifests {
  /** What `apply` would do; changes nothing. In the order in which it would be done. */
  compare(manifest: Manifest): Promise<readonly ApplyStep[]>;
  /**
   * Makes and changes what differs, one after the other; what is as it shall be is left alone. Throws before anything is done
   * `APPLY_BLOCKED`, `APPLY_NOT_ALLOWED`, and what a launch throws of keys, user data and wishes; then the fault of the step that
   * failed, after which nothing more is done: what was done stays, and a second call goes on.
   */
  apply(manifest: Manifest, options?: ApplyOptions): Promise<readonly StepResult[]>;
  /** What `remove` would do; changes nothing. */
  compareRemoval(manifest: Manifest, options?: RemovalOptions): Promise<readonly ApplyStep[]>;
  /** Removes what the file names; what is not there is fine. Throws `APPLY_BLOCKED`, and as `apply` what a step throws. */
  remove(manifest: Manifest, options?: RemovalOptions & CarryOutOptions): Promise<readonly StepResult[]>;
}
