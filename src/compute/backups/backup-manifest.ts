// What a backup says of itself, beside its files: manifest.json. Pure. Whoever may write there may be anybody, so all of it is
// held to its shape, and its names to names.
import {
  aBoolean,
  anInteger,
  anIntegerFrom,
  anObject,
  aString,
  aStringLike,
  listOf,
  oneOf,
  orNull,
  Place,
  type Shape,
} from '../../base/index.ts';
import type { Consistency } from '../snapshots/requests.ts';
import { backupBroken } from './backup-faults.ts';

export const BACKUP_MANIFEST = 'manifest.json';
const FORMAT = 'novalet-backup';
const VERSION = 1;
/** `20260102-030405-1a2b`: UTC, so that names are in the order of time, to the second. */
const ID = /^\d{8}-\d{6}-[0-9a-f]{4}$/;

export interface BackupDisk {
  /** In the instance's directory; here it is `<fileName>.qcow2`. */
  readonly fileName: string;
  /** `vda` … */
  readonly target: string;
  /** What the file lacks is as in the parent's; false where it lacks nothing. */
  readonly isIncrement: boolean;
  readonly bytes: number;
  readonly virtualSizeBytes: number;
  readonly sha256: string;
}

export interface BackupManifest {
  readonly id: string;
  readonly novalet: string;
  readonly instance: { readonly id: string; readonly name: string };
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly parent: string | null;
  /** From which on QEMU notes what changes; null where it could not begin. */
  readonly checkpoint: string | null;
  readonly consistency: Consistency;
  readonly disks: readonly BackupDisk[];
}

export const aBackupId: Shape<string> = aStringLike(ID, 'is not the id of a backup');

const diskShape: Shape<BackupDisk> = anObject({
  fileName: aStringLike(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'is no name for a file of an instance'),
  target: aString,
  isIncrement: aBoolean,
  bytes: anIntegerFrom(0),
  virtualSizeBytes: anIntegerFrom(0),
  sha256: aStringLike(/^[0-9a-f]{64}$/, 'is not a SHA-256'),
});

const headShape = anObject({ format: oneOf(FORMAT), version: anInteger });

const manifestShape: Shape<BackupManifest> = anObject({
  id: aBackupId,
  novalet: aString,
  instance: anObject({ id: aString, name: aString }),
  createdAt: aStringLike(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'is no time'),
  parent: orNull(aBackupId),
  checkpoint: orNull(aString),
  consistency: oneOf('off', 'filesystem', 'crash'),
  disks: listOf(diskShape),
});

export function newBackupId(at: Date, random: string): string {
  const digits = at.toISOString().replace(/[-:]/g, '');
  return `${digits.slice(0, 8)}-${digits.slice(9, 15)}-${random}`;
}

export function isBackupId(name: string): boolean {
  return ID.test(name);
}

export function writeBackupManifest(manifest: BackupManifest): string {
  return `${JSON.stringify({ format: FORMAT, version: VERSION, ...manifest }, null, 2)}\n`;
}

/** `id`: the directory's name. Throws `BACKUP_BROKEN`. */
export function readBackupManifest(text: string, id: string): BackupManifest {
  const place = new Place(BACKUP_MANIFEST, (path, problem) => backupBroken(id, `${path} ${problem}`));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw backupBroken(id, `${BACKUP_MANIFEST} is not JSON`, cause);
  }
  const { version } = headShape(value, place);
  if (version > VERSION) throw backupBroken(id, `a newer novalet made it (version ${version})`);
  const manifest = manifestShape(value, place);
  if (manifest.id !== id) throw backupBroken(id, `it calls itself ${manifest.id}`);
  return manifest;
}

/** `incremental` as soon as one of its disks is. */
export function kindOf({ disks }: BackupManifest): 'full' | 'incremental' {
  return disks.some(({ isIncrement }) => isIncrement) ? 'incremental' : 'full';
}
