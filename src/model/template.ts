// A template: a guest's memory and disks at a moment, from which others go on. Its files lie in a directory of its own and
// are never written again.
import type { Instance } from './instance.ts';

export const TEMPLATE_STATES = ['building', 'ready'] as const;
/** `building`: the guest that it is made of is on its way; nothing can be launched from it yet. */
export type TemplateState = (typeof TEMPLATE_STATES)[number];

export interface Template {
  /** UUID; also its directory's name. */
  readonly id: string;
  readonly name: string;
  readonly state: TemplateState;
  /** What it was made of: an image, or the disks of an instance. */
  readonly source: { readonly kind: 'image' | 'instance'; readonly id: string; readonly name: string };
  /** Whose memory and disks it has, without network cards; null while it is `building`. */
  readonly guest: Instance | null;
  /** Where the memory fits; null while it is `building`. */
  readonly host: TemplateHost | null;
  /** What was found inside when it was made ready; null while it is `building`. */
  readonly inside: TemplateInside | null;
  /** Empty while it is `building`. */
  readonly files: readonly TemplateFile[];
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

/** What QEMU's state in memory depends on. */
export interface TemplateHost {
  /** Versions as libvirt tells them: 9.0.0. */
  readonly libvirt: string;
  readonly qemu: string;
  /** SHA-256 in hex of what libvirt tells of the host's CPU. */
  readonly cpu: string;
  /** The versioned name, for example `pc-q35-7.2`. */
  readonly machine: string;
}

export interface TemplateInside {
  /** As in the names of the files: `ed25519`, `ecdsa`, `rsa`. A clone gets keys of the same types. */
  readonly hostKeyTypes: readonly string[];
  readonly hasCloudInit: boolean;
}

/** One of its files, with what it was when it was written. */
export interface TemplateFile {
  /** `memory`, or a disk's file name. */
  readonly name: string;
  readonly sizeBytes: number;
  /** What it takes on the disk. */
  readonly allocatedBytes: number;
  /** In hex. */
  readonly sha256: string;
}

/** The file that has a template's memory: a save image of libvirt's. */
export const TEMPLATE_MEMORY = 'memory';
