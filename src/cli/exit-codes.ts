// What a failure is to a shell: one table from fault kinds to exit statuses. docs/commands.md repeats it for people.
import type { Fault, FaultKind } from '../base/index.ts';
import type { CloudInitState } from '../compute/index.ts';

export const EXIT_OK = 0;
/** `doctor` found a problem, or cloud-init failed. */
export const EXIT_PROBLEM_FOUND = 1;
/** Whoever read our output closed it: 128 + SIGPIPE, as a program that the signal ended. */
export const EXIT_PIPE_CLOSED = 141;

/** The exit status of every command but `exec`. */
export const EXIT_CODES: Readonly<Record<FaultKind, number>> = {
  invalid: 2,
  'not-found': 3,
  conflict: 4,
  denied: 5,
  exhausted: 6,
  unsupported: 7,
  refused: 8,
  unavailable: 9,
  corrupt: 10,
  internal: 70, // EX_SOFTWARE of sysexits.h
  timeout: 124, // as timeout(1)
  cancelled: 130, // 128 + SIGINT; the signal that came decides, see interrupt.ts
};

/** The exit status of `cloud-init NAME status`. */
export const EXIT_CLOUD_INIT: Readonly<Record<CloudInitState, number>> = {
  done: EXIT_OK,
  error: EXIT_PROBLEM_FOUND,
  degraded: 20,
  running: 21,
  'not-started': 21,
  disabled: 22,
};

/** `exec` itself failed, as env(1) and timeout(1) say it: the guest's own statuses keep 0 to 124. */
export const EXEC_FAILED = 125;
export const EXEC_NOT_EXECUTABLE = 126;
export const EXEC_NOT_FOUND = 127;

export function exitCodeOf(fault: Fault): number {
  return EXIT_CODES[fault.kind];
}

/** The exit status of `exec` when no status of the guest's program is there to be passed on. */
export function execExitCodeOf(fault: Fault): number {
  if (fault.code === 'EXEC_NOT_FOUND') return EXEC_NOT_FOUND;
  if (fault.code === 'EXEC_NOT_EXECUTABLE') return EXEC_NOT_EXECUTABLE;
  if (fault.code === 'EXEC_TIMEOUT') return EXIT_CODES.timeout; // of the program; a silent agent is our failure
  if (fault.kind === 'cancelled') return EXIT_CODES.cancelled;
  return EXEC_FAILED;
}
