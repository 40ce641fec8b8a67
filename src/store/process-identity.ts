// Which process it is, for good: a pid alone is given again after its process died.
// Rules: proc(5), /proc/[pid]/stat field 22 and /proc/sys/kernel/random/boot_id; pid_namespaces(7).
import { readFileSync, readlinkSync } from 'node:fs';
import { errnoCode } from '../base/index.ts';

export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from boot to the start of the process, as a text of digits. */
  readonly startTime: string;
  readonly bootId: string;
  /** As readlink gives it, `pid:[4026531836]`. */
  readonly pidNamespace: string;
}

/** What the kernel shows of a pid at this moment. */
export type ProcessSight =
  | { readonly kind: 'gone' }
  /** It has ended and its parent has not looked yet; it does nothing more. */
  | { readonly kind: 'zombie' }
  | { readonly kind: 'there'; readonly startTime: string }
  /** It is there, and /proc does not tell more (hidepid). */
  | { readonly kind: 'hidden' };

export function ownIdentity(): ProcessIdentity {
  const sight = lookAtProcess(process.pid);
  return {
    pid: process.pid,
    startTime: sight.kind === 'there' ? sight.startTime : '',
    bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    pidNamespace: readlinkSync('/proc/self/ns/pid'),
  };
}

/**
 * Whether `owner` has certainly ended, told from what `self` can see. A process of another pid namespace (a container)
 * cannot be looked at from here and counts as alive until the host boots again.
 */
export function hasEnded(owner: ProcessIdentity, self: ProcessIdentity, look = lookAtProcess): boolean {
  if (owner.bootId !== self.bootId) return true;
  if (owner.pidNamespace !== self.pidNamespace) return false;
  const sight = look(owner.pid);
  switch (sight.kind) {
    case 'gone':
    case 'zombie':
      return true;
    case 'there':
      return owner.startTime !== '' && sight.startTime !== owner.startTime;
    case 'hidden':
      return false;
    default:
      return sight satisfies never;
  }
}

export function lookAtProcess(pid: number): ProcessSight {
  try {
    return readStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return exists(pid) ? { kind: 'hidden' } : { kind: 'gone' };
  }
}

/** The name in field 2 may hold blanks and brackets: what counts begins after the last bracket, with field 3. */
export function readStat(stat: string): ProcessSight {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[0] ?? '';
  const startTime = fields[22 - 3] ?? '';
  if (state === 'Z' || state === 'X') return { kind: 'zombie' };
  return /^\d+$/.test(startTime) ? { kind: 'there', startTime } : { kind: 'hidden' };
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoCode(error) !== 'ESRCH'; // EPERM: it is somebody else's
  }
}
