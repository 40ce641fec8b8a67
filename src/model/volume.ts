// A disk that was attached to an instance after its launch, or a drive for media: OpenStack's volume attachment. At the
// target of one of the instance's own CD drives it stands for what is in that drive.
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
  /** Of a file in the instance's directory; null where somebody else decides. */
  readonly sizeBytes: number | null;
  /** ISO 8601, UTC. */
  readonly attachedAt: string;
  /** What a file of wishes calls it; none where somebody attached it otherwise. */
  readonly name?: string;
  /** Of the image that it is a copy of. */
  readonly imageId?: string;
}

/** libvirt's name for the device, known before it is attached; its own names begin otherwise. */
export function volumeAlias({ id }: Pick<Volume, 'id'>): string {
  return `ua-${id}`;
}

/** For people: `file /srv/data.qcow2`, `nbd 10.0.0.5:10809/export`. */
export function sourceWords(source: VolumeSource | null): string {
  switch (source?.kind) {
    case undefined:
      return 'empty';
    case 'own':
      return `own ${source.fileName}`;
    case 'file':
    case 'block':
      return `${source.kind} ${source.path}`;
    case 'nbd':
      return `nbd ${serverWords(source.server)}/${source.exportName}`;
    case 'iscsi':
      return `iscsi ${serverWords(source)}/${source.target}/${source.lun}`;
    default:
      return source satisfies never;
  }
}

export function serverWords(server: NetworkServer): string {
  if ('socket' in server) return `unix:${server.socket}:`;
  return `${server.host.includes(':') ? `[${server.host}]` : server.host}:${server.port}`;
}
