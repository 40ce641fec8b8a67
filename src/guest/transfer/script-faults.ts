// What the scripts in the guest say by their exit status when they cannot go on, and the fault that it becomes.
import { Fault } from '../../base/index.ts';

/** Exit statuses of our scripts; far from what a shell and its programs give. */
export const STATUS = {
  missing: 40,
  denied: 41,
  exists: 42,
  refused: 43,
  full: 44,
  changed: 45,
  notDirectory: 46,
  isDirectory: 47,
  noTool: 48,
  tooMany: 49,
} as const;

export interface ScriptFailure {
  /** The act, for a sentence: `read`, `remove` … */
  readonly act: string;
  readonly path: string;
  /** The last of what the script's programs complained; shown, never judged by. */
  readonly complaint: string;
  readonly status: string;
}

/** The fault of a script that ended with this status. */
export function statusFault(exitCode: number | null, about: ScriptFailure): Fault {
  const { act, path } = about;
  switch (exitCode) {
    case STATUS.missing:
      return missing(path);
    case STATUS.denied:
      return new Fault('denied', 'GUEST_FILE_DENIED', `The guest does not permit to ${act} ${path}`, {
        hint: 'Look at its permissions, its directory, and whether the file system is read-only; or name another --user.',
      });
    case STATUS.exists:
      return new Fault('conflict', 'GUEST_FILE_EXISTS', `${path} is there already in the guest`, {
        hint: 'Remove it, or give another name.',
      });
    case STATUS.full:
      return diskFull(path);
    case STATUS.changed:
      return changed(path);
    case STATUS.notDirectory:
      return refused(`${path} needs a directory where the guest has something else`);
    case STATUS.isDirectory:
      return refused(`${path} is a directory in the guest`);
    case STATUS.noTool:
      return new Fault(
        'unsupported',
        'GUEST_FILE_NO_TOOL',
        `The guest has no program to ${act} ${path} with`,
        {
          hint: 'It needs coreutils, findutils and tar, or busybox.',
        },
      );
    case STATUS.tooMany:
      return tooMuch(path);
    default:
      return refused(`The guest could not ${act} ${path}${words(about)}`);
  }
}

export function missing(path: string): Fault {
  return new Fault('not-found', 'GUEST_FILE_NOT_FOUND', `The guest has no ${path}`, {
    hint: 'Look at the spelling; a relative path begins in the home of the user.',
  });
}

export function diskFull(path: string): Fault {
  return new Fault('exhausted', 'GUEST_DISK_FULL', `The guest has no room for ${path}`, {
    hint: 'Make room there (novalet exec NAME -- df), or copy to another place.',
  });
}

export function changed(path: string): Fault {
  return new Fault('conflict', 'GUEST_FILE_CHANGED', `${path} was changed in the guest meanwhile`, {
    hint: 'Nothing was written. Look at what it holds now, and do it again.',
  });
}

export function corrupt(path: string, what: string): Fault {
  return new Fault('corrupt', 'GUEST_FILE_CORRUPT', `${what} of ${path} differs between the guest and here`, {
    hint: 'Nothing was put in place. Copy again; if it stays so, the guest or its disk is broken.',
  });
}

export function tooMuch(path: string): Fault {
  return new Fault(
    'exhausted',
    'GUEST_LIST_TOO_LARGE',
    `The guest names more files for ${path} than are taken`,
    {
      hint: 'Name a narrower directory or pattern.',
    },
  );
}

/** An answer of the guest that no honest script gives. */
export function answerInvalid(path: string, why: string): Fault {
  return new Fault('corrupt', 'GUEST_FILE_ANSWER_INVALID', `The guest's answer about ${path} ${why}`, {
    hint: 'Its shell or its programs are not what they should be; nothing was decided by it.',
  });
}

export function refused(message: string): Fault {
  return new Fault('refused', 'GUEST_FILE_REFUSED', message, {
    hint: 'Look at the path in the guest: novalet ls -l NAME:PATH.',
  });
}

function words({ status, complaint }: ScriptFailure): string {
  return complaint === '' ? ` (${status})` : ` (${status}): ${complaint}`;
}
