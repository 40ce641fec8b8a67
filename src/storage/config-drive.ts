// The drive of a guest's documents as a file: an ISO 9660 or a VFAT volume that its user alone may open. Knows nothing of
// the documents. Labels, sizes and layout are what cloud-init and cloudbase-init look for, and what Nova makes.
import { rename, rm, truncate, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoCode, Fault, throwIfCancelled } from '../base/index.ts';
import type { ConfigDriveFormat } from '../model/index.ts';
import { explainWriteFailure } from './disk-space.ts';
import { buildIso } from './iso9660/index.ts';
import { temporaryFor } from './temporary.ts';
import { buildVfat } from './vfat/index.ts';

export interface ConfigDriveOptions {
  readonly signal?: AbortSignal | undefined;
  /** `config-2` (OpenStack) unless given; `cidata` is NoCloud's. */
  readonly label?: 'config-2' | 'cidata';
  /** `iso9660`, a CD, unless given; `vfat` is a disk of `VFAT_DRIVE_BYTES`. */
  readonly format?: ConfigDriveFormat;
}

/** The same for every drive, so that the same documents give the same bytes. The day of the newest metadata version. */
const DRIVE_DATE = new Date(Date.UTC(2020, 9, 14));
const PUBLISHER = 'novalet';

/**
 * Builds the drive from `files` (path → content) and puts it at `path`, mode 0600, in place of what was there; nobody sees
 * half a drive, and a failure leaves none. It is not flushed to the disk, like the guest's other new disks: a host that
 * loses power in the middle of a launch builds it again. Throws `DISK_SPACE_EXHAUSTED`, `CONFIG_DRIVE_DENIED`,
 * `CONFIG_DRIVE_NOT_WRITTEN`, `CANCELLED` and the faults of `buildIso` and `buildVfat`.
 */
export async function writeConfigDrive(
  path: string,
  files: ReadonlyMap<string, Uint8Array>,
  options: ConfigDriveOptions = {},
): Promise<void> {
  const { signal } = options;
  throwIfCancelled(signal, 'the config drive');
  const { bytes, sizeBytes } = buildVolume(files, options);
  const temporary = await temporaryFor(path);
  try {
    await writeFile(temporary, bytes, { mode: 0o600, flag: 'wx', signal });
    if (sizeBytes > bytes.length) await truncate(temporary, sizeBytes); // sparse behind what is in use
    throwIfCancelled(signal, 'the config drive');
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throwIfCancelled(signal, 'the config drive');
    throw driveFault(path, await explainWriteFailure(error, dirname(path), 'the config drive'));
  }
}

function buildVolume(
  files: ReadonlyMap<string, Uint8Array>,
  { label = 'config-2', format = 'iso9660' }: ConfigDriveOptions,
): { readonly bytes: Uint8Array; readonly sizeBytes: number } {
  const request = { volumeLabel: label, files, date: DRIVE_DATE };
  if (format === 'vfat') return buildVfat(request);
  const bytes = buildIso({ ...request, publisher: PUBLISHER });
  return { bytes, sizeBytes: bytes.length };
}

function driveFault(path: string, error: unknown): Fault {
  if (error instanceof Fault) return error;
  const code = errnoCode(error) ?? 'unknown error';
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new Fault(
      'denied',
      'CONFIG_DRIVE_DENIED',
      `No permission to write the config drive ${path} (${code})`,
      {
        cause: error,
        hint: 'Run as the user that owns the state directory, on a file system that may be written.',
      },
    );
  }
  return new Fault(
    'unavailable',
    'CONFIG_DRIVE_NOT_WRITTEN',
    `The config drive ${path} could not be written (${code})`,
    { cause: error, hint: 'See that the instance directory exists and that its disk is in order.' },
  );
}
