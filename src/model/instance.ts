// An instance: what novalet remembers of one guest. State names are Nova's.
import type { Adoption } from './adoption.ts';
import type { Carrier } from './datasource.ts';
import type { Disk } from './disk.ts';
import type { Flavor } from './flavor.ts';
import type { GuestLink } from './guest-link.ts';
import type { Hardware } from './hardware.ts';
import type { InstanceLock } from './lock.ts';
import type { NumaPlacement } from './numa-topology.ts';
import type { Port } from './port.ts';
import type { Rescue, Resize } from './rescue.ts';
import type { Share } from './share.ts';
import type { Volume } from './volume.ts';

export const VM_STATES = [
  'building',
  'active',
  'paused',
  'suspended',
  'stopped',
  'rescued',
  'resized',
  'shelved',
  'shelved_offloaded',
  'error',
  'deleted',
] as const;
export type VmState = (typeof VM_STATES)[number];

export const TASK_STATES = [
  'networking',
  'block_device_mapping',
  'spawning',
  'powering-on',
  'powering-off',
  'rebooting',
  'rebooting_hard',
  'pausing',
  'unpausing',
  'suspending',
  'resuming',
  'shelving',
  'shelving_offloading',
  'unshelving',
  'rescuing',
  'unrescuing',
  'rebuilding',
  'rebuild_spawning',
  'resize_prep',
  'resize_migrating',
  'resize_finish',
  'resize_confirming',
  'resize_reverting',
  'image_snapshot',
  'image_backup',
  // novalet's own, for what Nova leaves to other services or does not have
  'cloning',
  'snapshotting',
  'restoring',
  'exporting',
  'backing_up',
  'restoring_backup',
  'attaching',
  'detaching',
  'changing',
  'changing-size',
  'deleting',
] as const;
/** What is being done to it now; null when nothing is. */
export type TaskState = (typeof TASK_STATES)[number] | null;

/** Nova's numbers in words; `nova.compute.power_state`. */
export type PowerState = 'NOSTATE' | 'RUNNING' | 'PAUSED' | 'SHUTDOWN' | 'CRASHED' | 'SUSPENDED';

export interface InstanceFault {
  readonly code: string;
  readonly message: string;
  /** ISO 8601, UTC. */
  readonly at: string;
}

export interface Instance {
  /** UUID; also the domain's. */
  readonly id: string;
  /** The number in the domain's name. */
  readonly number: number;
  /** libvirt's name for the domain, `instance-%08x` of the number unless configured otherwise. */
  readonly domainName: string;
  /** The name people use; unique on this host. */
  readonly name: string;
  readonly hostname: string;
  readonly vmState: VmState;
  readonly taskState: TaskState;
  readonly fault: InstanceFault | null;
  /** Null for an instance that was launched. An adopted one has its disks here, since they are not ours. */
  readonly adoption: Adoption | null;
  /** A copy: changing or removing the flavor later changes nothing here. */
  readonly flavor: Flavor;
  /** Id and name are empty where an adopted domain does not tell. */
  readonly image: {
    readonly id: string;
    readonly name: string;
    readonly properties: Readonly<Record<string, string>>;
  };
  readonly hardware: Hardware;
  /** Where its CPUs and memory lie on the host; null for a guest that may run anywhere. */
  readonly numa: NumaPlacement | null;
  readonly disks: readonly Disk[];
  /** Null where a drive is all that there is to read, or nothing is. */
  readonly carrier: Carrier | null;
  readonly ports: readonly Port[];
  /** VLANs and bonds that the guest makes of its ports, which are numbered from 0 on. */
  readonly links: readonly GuestLink[];
  /** Attached after the launch, in the order in which they were. */
  readonly volumes: readonly Volume[];
  readonly shares: readonly Share[];
  /** Null unless somebody locked it. */
  readonly lock: InstanceLock | null;
  /** What it runs from while it is `rescued`, else null. */
  readonly rescue: Rescue | null;
  /** The image that has its root disk while it is `shelved_offloaded`. */
  readonly shelvedImage?: string | undefined;
  /** The template whose disks its own lie over. */
  readonly templateId?: string | undefined;
  /** What tells a guest's kernel that it goes on as another one (QEMU's VM Generation ID device); few have one. */
  readonly generationId?: string | undefined;
  /** What it goes back to while it is `resized`, else null. */
  readonly resize: Resize | null;
  readonly metadata: Readonly<Record<string, string>>;
  /** Sorted. */
  readonly tags: readonly string[];
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly launchedAt: string | null;
}
