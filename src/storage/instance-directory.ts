// The directory of one instance's files: `<instances>/<uuid>/`. QEMU runs as another user, so it may pass through and not
// look around (0711); the files in it are private until libvirt gives them to that user.
import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoCode, Fault, isUuid } from '../base/index.ts';
import { makeDirectory } from '../hostlink/index.ts';
import { explainWriteFailure } from './disk-space.ts';
import { temporaryFor } from './temporary.ts';

const DIRECTORY_MODE = 0o711;

/** The directory's path; makes nothing. Throws `INSTANCE_ID_INVALID`, so that no path can be smuggled in. */
export function instanceDirectory(instances: string, instanceId: string): string {
  if (isUuid(instanceId)) return join(instances, instanceId);
  throw new Fault('invalid', 'INSTANCE_ID_INVALID', `Not an instance id: "${instanceId}"`, {
    hint: 'An instance id is a UUID in lower case.',
  });
}

/** Makes the directory; gives its path. Throws `INSTANCE_DIRECTORY_EXISTS`, `STATE_DENIED`, `DISK_SPACE_EXHAUSTED`. */
export async function createInstanceDirectory(instances: string, instanceId: string): Promise<string> {
  const path = instanceDirectory(instances, instanceId);
  try {
    await makeDirectory(instances, DIRECTORY_MODE);
    await mkdir(path, { mode: DIRECTORY_MODE });
    await chmod(path, DIRECTORY_MODE); // whatever the umask was
    return path;
  } catch (error) {
    throw await explainDirectory(error, instances, path);
  }
}

/**
 * Removes the directory and all in it; one that is not there is no failure. It loses its name first, so that a kill in the
 * middle leaves something that `sweepTemporaries` removes and nobody takes for an instance.
 */
export async function removeInstanceDirectory(instances: string, instanceId: string): Promise<void> {
  const path = instanceDirectory(instances, instanceId);
  const doomed = await temporaryFor(path);
  try {
    await rename(path, doomed);
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return;
    throw error;
  }
  await rm(doomed, { recursive: true, force: true });
}

async function explainDirectory(error: unknown, instances: string, path: string): Promise<unknown> {
  switch (errnoCode(error)) {
    case 'EEXIST':
      return new Fault('conflict', 'INSTANCE_DIRECTORY_EXISTS', `There is a directory ${path} already`, {
        cause: error,
        hint: 'Delete that instance first.',
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new Fault('denied', 'STATE_DENIED', `No permission to write in ${instances}`, {
        cause: error,
        hint: 'Run as root, or set a state directory of your own in the configuration.',
      });
    case 'ENOSPC':
    case 'EDQUOT':
      return await explainWriteFailure(error, instances, path);
    default:
      return error;
  }
}
