// What is asked of exporting and importing, and what is answered.
import type { Instance, NetworkRequest } from '../../model/index.ts';
import type { ActOptions } from '../compute.ts';
import type { Consistency } from '../snapshots/requests.ts';

/** Takes one piece; resolves when it may have the next. */
export type Sink = (piece: Uint8Array) => Promise<void>;

export interface ExportRequest {
  /** A file, which must not be there yet, or whoever takes the bytes. */
  readonly to: string | Sink;
  /** Compresses the disks: smaller, and slower by far. */
  readonly compress?: boolean;
}

export interface Exported {
  /** Of the whole file. */
  readonly bytes: number;
  readonly consistency: Consistency;
  readonly members: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
  /** What belongs to the instance and is not in the file, each in words for a person. */
  readonly leftOut: readonly string[];
}

export interface ImportRequest {
  /** A file, or its bytes as they come. */
  readonly from: string | AsyncIterable<Uint8Array>;
  /** The recorded one when left out. */
  readonly name?: string;
  /** The same id, MAC addresses and kept addresses: for an instance that moves, not for a copy. */
  readonly keepId?: boolean;
  /** In place of the recorded network cards; with `keepId` the id stays all the same. */
  readonly networks?: readonly NetworkRequest[];
}

export interface Exports {
  /**
   * Writes disks, record and guest input of an instance as one file. Throws `INSTANCE_STATE_CONFLICT`, `INSTANCE_ADOPTED`,
   * `EXPORT_TARGET_EXISTS`, `DISK_SPACE_EXHAUSTED`, `DISK_COPY_FAILED`.
   */
  exportInstance(ref: string, request: ExportRequest, options?: ActOptions): Promise<Exported>;
  /**
   * Makes an instance of such a file, stopped, with an id and addresses of its own unless `keepId`. Throws `EXPORT_INVALID`,
   * `EXPORT_TOO_NEW`, `ARCHIVE_INVALID`, `IMPORT_UNSUPPORTED`, `IMPORT_NEEDS_NETWORK`, `INSTANCE_ID_TAKEN`,
   * `INSTANCE_NAME_TAKEN`, `ADDRESS_TAKEN`, `HOST_FULL`, and the faults of images and networks.
   */
  importInstance(request: ImportRequest, options?: ActOptions): Promise<Instance>;
}
