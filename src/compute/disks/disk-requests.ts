// What may be asked about the disks of an instance, and what is answered.
import type { GrowStep } from '../../guest/index.ts';
import type { DiskBus, DiskRole, NetworkServer, VolumeSource } from '../../model/index.ts';
import type { ActOptions } from '../compute.ts';

/** The disks of instances. `disk` everywhere: a target such as `vdb`, or a volume's id or its beginning. */
export interface Disks {
  /** What the record has and what libvirt shows of it, disks that were detached and kept included. */
  list(ref: string): Promise<readonly DiskView[]>;
  /** Live and for the next start; of a stopped instance for the next start. */
  attach(ref: string, request: AttachDiskRequest, options?: ActOptions): Promise<DiskView>;
  /** Resolves when the guest has let it go. Throws `DEVICE_NOT_DETACHED`, `DEVICE_DETACH_REFUSED`, `DISK_NOT_ATTACHED`. */
  detach(ref: string, disk: string, options?: DetachDiskOptions): Promise<DetachedDisk>;
  /** Puts a medium into a CD drive, in place of the one that is in it. */
  insert(ref: string, target: string, medium: Medium, options?: MediumOptions): Promise<DiskView>;
  eject(ref: string, target: string, options?: MediumOptions): Promise<DiskView>;
  /** Never shrinks: `DISK_CANNOT_SHRINK`. */
  grow(ref: string, disk: string, sizeBytes: number, options?: GrowDiskOptions): Promise<GrownDisk>;
}

export type DiskWish =
  /** A copy of a stored image, the instance's own; grown to `sizeBytes`. */
  | { readonly kind: 'image'; readonly image: string; readonly sizeBytes?: number }
  /** An empty disk of its own. */
  | { readonly kind: 'new'; readonly sizeBytes: number }
  /** A file of the host. Its content tells the format when nothing is said. */
  | { readonly kind: 'file'; readonly path: string; readonly format?: 'qcow2' | 'raw' }
  | { readonly kind: 'block'; readonly path: string }
  | { readonly kind: 'nbd'; readonly server: NetworkServer; readonly exportName: string }
  | {
      readonly kind: 'iscsi';
      readonly host: string;
      readonly port: number;
      readonly target: string;
      readonly lun: number;
    }
  /** One of its own that was detached and kept, by its id or the beginning of it. */
  | { readonly kind: 'kept'; readonly id: string }
  /** Nothing: an empty CD drive. */
  | { readonly kind: 'none' };

export interface AttachDiskRequest {
  readonly source: DiskWish;
  /** A CD drive for ISO images and for nothing, a disk for all else, when left out. */
  readonly device?: 'disk' | 'cdrom';
  /** `virtio`, and for a CD drive what the machine can take now, when left out. */
  readonly bus?: DiskBus;
  /** Needed of a source that another instance has too. A CD drive is so in any case. */
  readonly readOnly?: boolean;
  /** What `apply` is to know it again by. */
  readonly name?: string;
}

export interface DetachDiskOptions extends ActOptions {
  /** How long the guest may take; it is asked again every 20 s. 160 000 when left out, which are Nova's eight times. */
  readonly timeoutMs?: number;
  /** Also removes the file of a disk of its own; it is kept when left out. */
  readonly remove?: boolean;
}

export type Medium =
  /** A stored image of format `iso`; the drive gets a copy. */
  | { readonly kind: 'image'; readonly image: string }
  /** An ISO file of the host. */
  | { readonly kind: 'file'; readonly path: string }
  /** What the drive had at the launch. */
  | { readonly kind: 'original' };

export interface MediumOptions extends ActOptions {
  /** Also where the guest locked the tray, and from a drive that novalet made for the guest. */
  readonly force?: boolean;
}

export interface GrowDiskOptions extends ActOptions {
  /** Also the partition at its end and the filesystem on it, by the agent of a running guest. */
  readonly filesystem?: boolean;
}

export interface DiskView {
  /** Empty for one that is kept. */
  readonly target: string;
  readonly bus: DiskBus | null;
  readonly device: string;
  /** What it is there for; `volume`: attached later; `kept`: detached, and its file is there; null of an adopted domain's own. */
  readonly role: DiskRole | 'volume' | 'kept' | null;
  /** Of a volume; its serial number in the guest. */
  readonly id: string | null;
  /** Of a volume that a file of wishes named. */
  readonly name: string | null;
  /** Null for an empty drive. */
  readonly source: string | null;
  readonly kind: VolumeSource['kind'] | null;
  readonly format: string | null;
  readonly readOnly: boolean;
  /** Null where nobody knows now. */
  readonly sizeBytes: number | null;
  /** Whether the domain has it: the running one, else its definition. */
  readonly isAttached: boolean;
}

export interface DetachedDisk {
  readonly id: string;
  readonly target: string;
  /** The file of a disk of its own that is kept; null where there is none, or it was removed. */
  readonly keptFile: string | null;
}

export interface GrownDisk {
  readonly target: string;
  readonly fromBytes: number;
  readonly toBytes: number;
  /** What was tried inside the guest, in order; names and reasons may hold the guest's words. */
  readonly inside: readonly GrowStep[];
}

export type { GrowStep } from '../../guest/index.ts';
