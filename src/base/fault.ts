// The one error class of the house: a kind to branch on, a code to search for, a sentence for a person.
// Knows nothing of the project. HTTP status and exit code follow from `kind` in the doors.

/** What sort of failure it is; closed, so that every door can map it. */
export type FaultKind =
  | 'invalid' // the caller's input is wrong; the same call can never succeed
  | 'denied' // not permitted
  | 'not-found' // looked, and it is not there
  | 'conflict' // it is there already, or in a state that forbids the action
  | 'exhausted' // no space, no memory, no free address
  | 'unsupported' // this host, guest or build cannot do it
  | 'refused' // the other side answered and said no
  | 'unavailable' // the other side cannot be reached
  | 'timeout' // the deadline passed
  | 'cancelled' // the caller asked to stop
  | 'corrupt' // data is not what it says it is
  | 'internal'; // a defect of ours

/** `unknown` when a request was written and no reply came: it may have been carried out. */
export type FaultOutcome = 'not-done' | 'unknown';

export interface FaultOptions {
  readonly cause?: unknown;
  /** What to do next: a command or a short sentence. */
  readonly hint?: string;
  readonly outcome?: FaultOutcome;
  /** Facts for machines: names and numbers, never secrets. */
  readonly details?: Readonly<Record<string, string | number | boolean>>;
}

/** Every failure that leaves a function of the house on purpose. */
export class Fault extends Error {
  readonly kind: FaultKind;
  /** Stable, upper snake case, listed in docs/faults.md. */
  readonly code: string;
  readonly outcome: FaultOutcome;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, string | number | boolean>>;

  constructor(kind: FaultKind, code: string, message: string, options: FaultOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Fault';
    this.kind = kind;
    this.code = code;
    this.outcome = options.outcome ?? 'not-done';
    this.hint = options.hint;
    this.details = options.details ?? {};
  }
}

/** Whether `error` is a Fault with one of these codes; with no codes, whether it is a Fault at all. */
export function isFault(error: unknown, ...codes: readonly string[]): error is Fault {
  return error instanceof Fault && (codes.length === 0 || codes.includes(error.code));
}

/** Makes a Fault of anything that was thrown; a Fault goes through unchanged, and what failed first is told first. */
export function asFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  if (error instanceof SuppressedError) return asFault(error.suppressed);
  const message = error instanceof Error ? error.message : String(error);
  return new Fault('internal', 'INTERNAL', `Unexpected error: ${message}`, { cause: error });
}

/** The system error code (`ENOENT`, `EACCES` …) of an error from Node, or undefined. */
export function errnoCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
