// Why a command in the guest did not run, or did not run to its end.
import { asFault, Fault, type FaultKind, type FaultOptions, isFault } from '../base/index.ts';
import { QapiFault, shortened } from '../qapi/index.ts';
import type { ExecResult } from './exec-result.ts';

/** A command that was started and then stopped by us; `result` holds what it wrote until then, where that is known. */
export class ExecFault extends Fault {
  readonly pid: number;
  readonly result: ExecResult | undefined;

  constructor(
    about: { kind: FaultKind; code: string; message: string; pid: number; result: ExecResult | undefined },
    options: FaultOptions,
  ) {
    super(about.kind, about.code, about.message, options);
    this.name = 'ExecFault';
    this.pid = about.pid;
    this.result = about.result;
  }
}

/** A command that was to end before it did so by itself. */
export interface Stopped {
  readonly command: string;
  readonly pid: number;
  /** A fault `EXEC_TIMEOUT` when its time was over; anything else cancelled it. */
  readonly reason: unknown;
}

/** It was killed; `result` is what it wrote until then. */
export function killedFault(stopped: Stopped, result: ExecResult | undefined): ExecFault {
  const { pid, reason } = stopped;
  const { message, ...about } = wordsOf(stopped);
  const hint =
    about.code === 'EXEC_TIMEOUT'
      ? 'Give it more time, or find out in the guest what it waits for.'
      : 'Run it again when it may end.';
  return new ExecFault(
    { ...about, message: `${message} and was killed`, pid, result },
    { hint, details: { pid, killed: true }, cause: reason },
  );
}

/** It could not be killed. */
export function unkilledFault(stopped: Stopped, cause: unknown): ExecFault {
  const { pid } = stopped;
  const { message, ...about } = wordsOf(stopped);
  return new ExecFault(
    { ...about, message: `${message}; it could not be killed`, pid, result: undefined },
    {
      outcome: 'unknown',
      cause: asFault(cause),
      hint: `It may still run in the guest with pid ${pid}.`,
      details: { pid, killed: false },
    },
  );
}

/** Killing it was begun, and took longer than we wait: the guest goes on with it. */
export function dyingFault(stopped: Stopped, waitedMs: number, cause: unknown): ExecFault {
  const { pid } = stopped;
  const { message, ...about } = wordsOf(stopped);
  const words = `${message}; killing it has taken ${waitedMs / 1000} s, and the guest goes on with it`;
  return new ExecFault(
    { ...about, message: words, pid, result: undefined },
    {
      outcome: 'unknown',
      cause: asFault(cause),
      hint: `The guest is slow or under load. Whether pid ${pid} is gone: look in the guest, or kill it there.`,
      details: { pid, killed: false },
    },
  );
}

function wordsOf({ command, reason }: Stopped) {
  return isFault(reason, 'EXEC_TIMEOUT')
    ? ({ kind: 'timeout', code: 'EXEC_TIMEOUT', message: reason.message } as const)
    : ({ kind: 'cancelled', code: 'CANCELLED', message: `${command} was cancelled` } as const);
}

/** A code for each word that the scripts in the guest say when they cannot go on. */
export function scriptFault(
  word: string,
  about: { command: string; user: string; cwd: string; peer: string },
): Fault {
  const command = shortened(about.command);
  switch (word) {
    case 'missing':
      return notFound(command);
    case 'closed':
      return notExecutable(command);
    case 'cwd':
      return new Fault(
        'not-found',
        'EXEC_CWD_MISSING',
        `There is no directory ${shortened(about.cwd)} to run in`,
        {
          hint: 'It is missing in the guest, is no directory, or the user may not enter it.',
        },
      );
    case 'user':
      return new Fault('not-found', 'EXEC_USER_UNKNOWN', `The guest has no user ${about.user}`, {
        hint: 'Create the user in the guest, or name another one.',
      });
    case 'not-root':
      return new Fault(
        'denied',
        'EXEC_USER_DENIED',
        `${about.peer} is not root and cannot become ${about.user}`,
        {
          hint: 'Run the command without a user, or let qemu-guest-agent run as root in the guest.',
        },
      );
    case 'no-tool':
      return new Fault(
        'unsupported',
        'EXEC_USER_NO_TOOL',
        `The guest has no program to become ${about.user} with`,
        {
          hint: 'Install util-linux (setpriv, runuser) or su in the guest, or run the command without a user.',
        },
      );
    case 'limit':
      return new Fault(
        'unsupported',
        'EXEC_LIMIT_NO_TOOL',
        'The guest has no head and cat to limit output with',
        {
          hint: 'Install coreutils or busybox in the guest, or run the command without a capture limit.',
        },
      );
    default:
      return new Fault(
        'internal',
        'EXEC_WRAPPER_FAILED',
        `The shell around ${command} failed: ${shortened(word)}`,
      );
  }
}

export function notFound(command: string, cause?: unknown): Fault {
  return new Fault('not-found', 'EXEC_NOT_FOUND', `The guest has no command ${shortened(command)}`, {
    cause,
    hint: 'Look at the spelling and at PATH in the guest; a full path needs no PATH.',
    details: { exitCode: 127 },
  });
}

export function notExecutable(command: string, cause?: unknown): Fault {
  return new Fault(
    'refused',
    'EXEC_NOT_EXECUTABLE',
    `${shortened(command)} is there and cannot be executed`,
    {
      cause,
      hint: 'It is a directory, or lacks execute permission for this user: chmod +x.',
      details: { exitCode: 126 },
    },
  );
}

/** The agent did not start it, and not because it is missing: too many processes, SELinux, argument list too long … */
export function spawnFailed(command: string, cause: unknown): Fault {
  const why = cause instanceof QapiFault ? cause.message : 'unknown reason';
  return new Fault('refused', 'EXEC_SPAWN_FAILED', `${shortened(command)} could not be started: ${why}`, {
    cause,
    hint: 'Look at the guest: memory, process limits, and SELinux (virt_qemu_ga_t) for the agent.',
  });
}

export function noShell(peer: string, cause: unknown): Fault {
  return new Fault('unsupported', 'EXEC_NO_SHELL', `${peer} cannot start /bin/sh, which this needs`, {
    cause,
    hint: 'Directory, user, environment and limits need a POSIX shell in the guest; run the command without them.',
  });
}

/** The agent does not know the pid any more. */
export function resultLost(command: string, pid: number, cause?: unknown): Fault {
  return new Fault(
    'unavailable',
    'EXEC_RESULT_LOST',
    `The result of ${shortened(command)} (pid ${pid}) is lost`,
    {
      cause,
      outcome: 'unknown',
      hint: 'The guest rebooted, its agent was restarted, or somebody else collected it. Look in the guest what was done.',
      details: { pid },
    },
  );
}

export function noPlaceForInput(peer: string): Fault {
  return new Fault(
    'exhausted',
    'EXEC_INPUT_NO_PLACE',
    `${peer} found no place for the command's input in the guest`,
    {
      hint: 'Input this large is put into /run, /dev/shm or /tmp of the guest first: one of them must be writable.',
    },
  );
}

export function inputLeft(peer: string, path: string, cause: unknown): Fault {
  const { message, outcome } = asFault(cause);
  return new Fault(
    'unavailable',
    'EXEC_INPUT_LEFT',
    `${message}; the command's input is still in the guest`,
    {
      cause,
      outcome,
      hint: `Remove ${path} in the guest of ${peer}.`,
    },
  );
}
