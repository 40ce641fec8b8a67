// What can go wrong on a lane, as Faults.
import { getSystemErrorName } from 'node:util';
import { Fault } from '../base/index.ts';

/** What the server was doing when it failed (docs/lane-protocol.md, tag WHERE). */
export const PLACES = [
  'user',
  'cwd',
  'exec',
  'open',
  'pty',
  'fork',
  'channel',
  'connect',
  'listen',
  'read',
  'write',
  'sync',
] as const;
export type RefusalPlace = (typeof PLACES)[number];

/** The server said no, or broke off: Linux's error number, and what it was doing. */
export class LaneRefusal extends Fault {
  readonly errno: number;
  /** `ENOENT` …; `E4095` for a number that has no name here. */
  readonly errnoName: string;
  readonly where: RefusalPlace;

  constructor(
    peer: string,
    what: string,
    reason: { readonly errno: number; readonly where: RefusalPlace },
    outcome: 'not-done' | 'unknown' = 'not-done',
  ) {
    const { errno, where } = reason;
    const name = errnoName(errno);
    super('refused', 'LANE_REFUSED', `The guest of ${peer} could not do ${what}: ${where} gave ${name}`, {
      outcome,
      details: { errno, where },
    });
    this.name = 'LaneRefusal';
    this.errno = errno;
    this.errnoName = name;
    this.where = where;
  }
}

/** No welcome came in time. */
export const SILENT = { kind: 'timeout', code: 'LANE_SILENT' } as const;
/** The server left a request without an answer. */
export const UNANSWERED = { kind: 'timeout', code: 'LANE_UNANSWERED' } as const;

/** The hint of a wait for the welcome that ran out. */
export const SILENT_HINT =
  'The server does not run in the guest, another program holds the port, or the guest is paused.';

export function laneLost(peer: string, why: string, cause?: unknown): Fault {
  return new Fault('unavailable', 'LANE_LOST', `The lane of ${peer} is lost: ${why}`, {
    cause,
    outcome: 'unknown',
    hint: 'The guest rebooted or stopped, or its server ended. Look what was done, and try again.',
  });
}

export function laneProtocol(peer: string, why: string): Fault {
  return new Fault('corrupt', 'LANE_PROTOCOL', `The lane's server of ${peer} broke the protocol: ${why}`, {
    outcome: 'unknown',
    hint: 'The server in this guest is broken, foreign or hostile; the session was ended.',
  });
}

export function laneVersion(peer: string, version: number): Fault {
  return new Fault('unsupported', 'LANE_VERSION', `The lane's server of ${peer} speaks version ${version}`, {
    hint: 'Have it end and push the server of this novalet anew.',
    details: { version },
  });
}

export function laneFull(peer: string, channels: number): Fault {
  return new Fault('exhausted', 'LANE_FULL', `The lane of ${peer} has ${channels} channels open`, {
    hint: 'End some of what runs over it, or wait for it.',
    details: { channels },
  });
}

export function requestTooLarge(peer: string, what: string, bytes: number): Fault {
  return new Fault(
    'invalid',
    'LANE_REQUEST_TOO_LARGE',
    `${what} on ${peer} has ${bytes} bytes of arguments and environment, and the lane takes 2 MiB`,
    { hint: 'Give large data on standard input, or as a file.', details: { bytes } },
  );
}

function errnoName(errno: number): string {
  return errno > 0 && errno < 4096
    ? getSystemErrorName(-errno).replace(/^Unknown.*/, `E${errno}`)
    : `E${errno}`;
}
