// Why a disk was not changed. Each leaves the disk as it was.
import { Fault } from '../../base/index.ts';

export function diskInUse(cause: unknown): Fault {
  return new Fault(
    'conflict',
    'OFFLINE_DISK_IN_USE',
    'The disk is in use by a running guest or another program',
    {
      cause,
      hint: 'Stop the instance first: novalet stop NAME',
    },
  );
}

export function applianceFailed(cause: unknown): Fault {
  return new Fault(
    'unavailable',
    'OFFLINE_APPLIANCE_FAILED',
    'libguestfs could not work on the disk, which is as it was',
    {
      cause,
      hint: 'novalet doctor says what libguestfs lacks on this host; libguestfs-test-tool shows more.',
    },
  );
}

export function noSystem(): Fault {
  return new Fault('not-found', 'OFFLINE_NO_SYSTEM', 'No operating system was found on the disk', {
    hint: 'Only a disk with an installed Linux system can be changed offline; a guest that lives in its ramdisk has none.',
  });
}

export function encrypted(): Fault {
  return new Fault('unsupported', 'OFFLINE_ENCRYPTED', 'The disk is encrypted, and its key is not here', {
    hint: 'Start the guest, unlock it, and set the password inside.',
  });
}

export function severalSystems(count: number): Fault {
  return new Fault(
    'conflict',
    'OFFLINE_SEVERAL_SYSTEMS',
    `There are ${count} operating systems on the disk`,
    {
      hint: 'Start the guest with the one that is meant, and set the password inside.',
      details: { count },
    },
  );
}

export function windowsDisk(): Fault {
  return new Fault(
    'unsupported',
    'OFFLINE_WINDOWS',
    'There is Windows on the disk, which keeps no /etc/shadow',
    {
      hint: 'Set the password through the agent while the guest runs: novalet passwd NAME',
    },
  );
}

export function unsupportedSystem(why: string): Fault {
  return new Fault(
    'unsupported',
    'OFFLINE_SYSTEM_UNSUPPORTED',
    `The system on the disk cannot be changed: ${why}`,
    {
      hint: 'Start the guest and change it inside.',
    },
  );
}

export function userUnknown(user: string): Fault {
  return new Fault('not-found', 'OFFLINE_USER_UNKNOWN', `The system on the disk has no user ${user}`, {
    hint: 'Name a user of its /etc/passwd and /etc/shadow, such as root; users of a directory service are not there.',
    details: { user },
  });
}

/** A link or something odd where a plain file should be: written through, it would change another file of the guest. */
export function unsafeFile(path: string): Fault {
  return new Fault('refused', 'OFFLINE_FILE_UNSAFE', `${path} on the disk is not a plain file or directory`, {
    hint: 'Start the guest and look at it: a symbolic link there is not followed.',
    details: { path },
  });
}

export function fileTooLarge(path: string): Fault {
  return new Fault('exhausted', 'OFFLINE_FILE_TOO_LARGE', `${path} on the disk is too large to be changed`, {
    hint: 'Start the guest and look at it.',
    details: { path },
  });
}
