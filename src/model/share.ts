// A folder of the host that a guest may mount.
import { Fault } from '../base/index.ts';

export const SHARE_DRIVERS = ['virtiofs', '9p'] as const;
export type ShareDriver = (typeof SHARE_DRIVERS)[number];

export interface Share {
  /** What the guest mounts: `mount -t virtiofs TAG DIRECTORY`. */
  readonly tag: string;
  /** Absolute, on the host. */
  readonly path: string;
  readonly driver: ShareDriver;
  readonly readOnly: boolean;
  /** Whether a file of wishes asked for it, and a later one may take it away. */
  readonly isApplied?: boolean;
}

/** As somebody asks for it. */
export interface ShareRequest {
  readonly path: string;
  readonly tag: string;
  /** virtiofs, and 9p for what is read only, when left out. */
  readonly driver?: ShareDriver;
  readonly readOnly?: boolean;
  /** False when left out. */
  readonly isApplied?: boolean;
}

/** More than a guest has slots for. */
const MOST_SHARES = 16;
/** 9p's tags have 31 bytes at most, virtiofs's 36. */
const TAG = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,30}$/;

/** One beside the others that there are. Pure. Throws `SHARE_INVALID`, `SHARE_TAG_TAKEN`, `SHARE_READ_ONLY_UNSUPPORTED`. */
export function planShare(
  { path, tag, driver, readOnly = false, isApplied = false }: ShareRequest,
  others: readonly Share[],
): Share {
  if (others.length >= MOST_SHARES) {
    throw invalid('Too many shared folders are asked for', `A guest has at most ${MOST_SHARES}.`);
  }
  if (!path.startsWith('/') || path.includes('\0')) {
    throw invalid(`"${path}" is no absolute path of the host`, 'Write it from / on: /srv/data:data');
  }
  if (!TAG.test(tag)) {
    throw invalid(
      `"${tag}" cannot be the tag of a shared folder`,
      'Take 1 to 31 letters, digits, dots, dashes and underscores; the guest mounts it by this word.',
    );
  }
  if (others.some((other) => other.tag === tag)) {
    throw new Fault('conflict', 'SHARE_TAG_TAKEN', `Two shared folders would have the tag ${tag}`, {
      hint: 'Give each a word of its own: /srv/data:data2',
    });
  }
  if (driver === 'virtiofs' && readOnly) throw readOnlyUnsupported(tag);
  const share = { tag, path, driver: driver ?? (readOnly ? '9p' : 'virtiofs'), readOnly };
  return isApplied ? { ...share, isApplied } : share;
}

/** libvirt 9 and virtiofsd 1.12 let a guest write whatever the definition says. */
function readOnlyUnsupported(tag: string): Fault {
  return new Fault(
    'unsupported',
    'SHARE_READ_ONLY_UNSUPPORTED',
    `virtiofs cannot keep a guest from writing to ${tag}`,
    { hint: 'Take 9p, which can: --share-driver 9p' },
  );
}

function invalid(message: string, hint: string): Fault {
  return new Fault('invalid', 'SHARE_INVALID', message, { hint });
}
