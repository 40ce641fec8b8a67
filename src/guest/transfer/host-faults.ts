// What Node says of files on our side, as faults.
import { errnoCode, Fault } from '../../base/index.ts';

/** The fault of an error about a file of this host; anything that is a Fault or no file's error stays what it is. */
export function hostFault(error: unknown, path: string): unknown {
  if (error instanceof Fault) return error;
  const code = errnoCode(error);
  switch (code) {
    case undefined:
      return error;
    case 'ENOENT':
      return new Fault('not-found', 'HOST_FILE_NOT_FOUND', `There is no ${path} on this host`, {
        cause: error,
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new Fault('denied', 'HOST_FILE_DENIED', `This host does not permit the access to ${path}`, {
        cause: error,
        hint: 'Look at its permissions and at those of its directory.',
      });
    case 'EEXIST':
    case 'ENOTEMPTY':
      return new Fault('conflict', 'HOST_FILE_EXISTS', `${path} is there already on this host`, {
        cause: error,
      });
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return new Fault('exhausted', 'HOST_DISK_FULL', `This host has no room for ${path}`, { cause: error });
    default:
      return code.startsWith('E') && !code.startsWith('ERR_')
        ? new Fault('refused', 'HOST_FILE_REFUSED', `${path} on this host cannot be used (${code})`, {
            cause: error,
          })
        : error;
  }
}

/** Runs work on a file of this host; what fails becomes a fault that names it. */
export async function onHost<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw hostFault(error, path);
  }
}

export function hostRefused(message: string, hint: string): Fault {
  return new Fault('refused', 'HOST_FILE_REFUSED', message, { hint });
}

export function hostChanged(path: string): Fault {
  return new Fault('conflict', 'HOST_FILE_CHANGED', `${path} was changed on this host while it was read`, {
    hint: 'Nothing was put in place. Copy again when nobody writes to it.',
  });
}
