// What the server's refusals mean to who asked: Linux's error numbers as the guest floor's faults.
import { Fault } from '../../base/index.ts';
import { LaneRefusal } from '../../lane/index.ts';
import { shortened } from '../../qapi/index.ts';
import { notExecutable, notFound, scriptFault } from '../exec-faults.ts';

/** Why a program did not start. */
export function spawnFault(
  error: unknown,
  about: { readonly command: string; readonly user: string; readonly cwd: string; readonly peer: string },
): unknown {
  if (!(error instanceof LaneRefusal)) return error;
  switch (error.where) {
    case 'exec':
      return execFault(error, about.command);
    case 'cwd':
      return scriptFault('cwd', about);
    case 'user':
      return error.errnoName === 'EPERM' ? scriptFault('not-root', about) : notStarted(error, about.command);
    default:
      return notStarted(error, about.command);
  }
}

/** Why a file could not be opened, read or written. */
export function fileFault(error: Fault, path: string): Fault {
  if (!(error instanceof LaneRefusal)) return error;
  const named = shortened(path);
  const options = { cause: error, outcome: error.outcome } as const;
  switch (error.errnoName) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new Fault('not-found', 'GUEST_FILE_NOT_FOUND', `The guest has no ${named}`, {
        ...options,
        hint: 'Look at the spelling, and whether the directory exists.',
      });
    case 'EACCES':
    case 'EPERM':
      return new Fault('denied', 'GUEST_FILE_DENIED', `The guest's user may not open ${named}`, {
        ...options,
        hint: 'Look at the permissions of the file and its directories, or name another user.',
      });
    case 'EEXIST':
      return new Fault('conflict', 'GUEST_FILE_EXISTS', `The guest has ${named} already`, {
        ...options,
        hint: 'Name another file, or have it overwritten.',
      });
    case 'ENOSPC':
    case 'EDQUOT':
      return new Fault('exhausted', 'GUEST_DISK_FULL', `The guest has no room for ${named}`, {
        ...options,
        hint: 'Free space in the guest, or raise the quota of the user.',
      });
    default:
      return new Fault(
        'refused',
        'GUEST_FILE_REFUSED',
        `The guest could not ${error.where} ${named}: ${error.errnoName}`,
        { ...options, hint: 'Only regular files can be opened; look at the path and its disk in the guest.' },
      );
  }
}

/** Why an address inside the guest could not be reached. */
export function connectFault(error: unknown, address: string): unknown {
  if (!(error instanceof LaneRefusal)) return error;
  return new Fault(
    'refused',
    'GUEST_CONNECT_FAILED',
    `The guest could not connect to ${shortened(address)}: ${error.errnoName}`,
    { cause: error, hint: mayNot(error) ?? 'Look whether something listens there in the guest.' },
  );
}

/** Why an address inside the guest could not be listened on. */
export function listenFault(error: unknown, address: string): unknown {
  if (!(error instanceof LaneRefusal)) return error;
  return new Fault(
    'refused',
    'GUEST_LISTEN_FAILED',
    `The guest could not listen on ${shortened(address)}: ${error.errnoName}`,
    {
      cause: error,
      hint: mayNot(error) ?? 'Something else listens there, or the guest has no such address.',
    },
  );
}

function mayNot({ errnoName }: LaneRefusal): string | undefined {
  const isDenied = errnoName === 'EACCES' || errnoName === 'EPERM';
  return isDenied
    ? 'The guest lets this user not do so: log in as one who may, or reach another address.'
    : undefined;
}

function execFault(error: LaneRefusal, command: string): Fault {
  switch (error.errnoName) {
    case 'ENOENT':
    case 'ENOTDIR':
      return notFound(command, error);
    case 'EACCES':
    case 'EPERM':
    case 'ENOEXEC':
    case 'EISDIR':
      return notExecutable(command, error);
    case 'E2BIG':
      return new Fault(
        'invalid',
        'EXEC_ARGUMENT_INVALID',
        `The guest takes fewer arguments and variables than ${shortened(command)} was given`,
        { cause: error, hint: 'Give large data on standard input, or as a file.' },
      );
    default:
      return notStarted(error, command);
  }
}

function notStarted(error: LaneRefusal, command: string): Fault {
  return new Fault(
    'refused',
    'EXEC_SPAWN_FAILED',
    `${shortened(command)} could not be started: ${error.where} gave ${error.errnoName}`,
    {
      cause: error,
      hint: 'Look at the guest: memory, process limits, terminals, and what its security policy forbids.',
    },
  );
}
