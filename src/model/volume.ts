// A disk that was attached to an instance after its launch, or a drive for media: OpenStack's volume attachment.
import type { DiskBus } from './hardware.ts';

export type VolumeSource =
  /** A file in the instance's directory, made for it and removed with it. */
  | { readonly kind: 'own'; readonly fileName: string; readonly format: 'qcow2' | 'raw' }
  /** A file of the host that is somebody else's. Absolute. */
  | { readonly kind: 'file'; readonly path: string; readonly format: 'qcow2' | 'raw' }
  /** A block device of the host. */
  | { readonly kind: 'block'; readonly path: string }
  | { readonly kind: 'nbd'; readonly server: NetworkServer; readonly exportName: string }
  | {
      readonly kind: 'iscsi';
      readonly host: string;
      readonly port: number;
      /** iSCSI qualified name of the target. */
      readonly target: string;
      readonly lun: number;
    };

export type NetworkServer = { readonly host: string; readonly port: number } | { readonly socket: string };

export interface Volume {
  /** UUID; also the serial number that the guest sees, as Nova gives it. */
  readonly id: string;
  /** Null for an empty drive. */
  readonly source: VolumeSource | null;
  readonly device: 'disk' | 'cdrom' | 'lun';
  readonly bus: DiskBus;
  /** `vdb`, `sda` … */
  readonly target: string;
  readonly readOnly: boolean;
  /** ISO 8601, UTC. */
  readonly attachedAt: string;
}
