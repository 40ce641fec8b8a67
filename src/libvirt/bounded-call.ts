// One call of libvirt's, which ends: libvirt itself waits for QEMU for as long as that takes, and a QEMU that hangs takes
// for ever. What was begun goes on in libvirt and holds one of the connection's workers until then. What is said of it tells
// a hanging QEMU from a hanging libvirtd: that is asked anew, over a connection of its own.
import { asFault, Fault, isFault, within } from '../base/index.ts';
import { attempt } from './fault.ts';

/** Longer than any call takes but those that say otherwise; libvirt probing QEMU anew may take some of these minutes. */
const CALL_MS = 300_000;

/** For calls that write or read the memory, or bring their own time: whoever makes them knows how long they may take. */
export const UNBOUNDED = Number.POSITIVE_INFINITY;

/** What the calls of one connection have in common. */
export interface CallLimits {
  readonly timeoutMs: number;
  /** Asks libvirtd something small past this connection, and throws where it does not answer that either. */
  readonly askAnew: () => Promise<void>;
}

/** Those of a connection that brings none of its own. */
export function callLimits(askAnew: CallLimits['askAnew'], timeoutMs: number = CALL_MS): CallLimits {
  return { timeoutMs, askAnew };
}

export interface CallOptions {
  readonly timeoutMs?: number | undefined;
  /** Libvirt's name for the domain that the call is about. */
  readonly domain?: string;
}

/**
 * `act` follows "Could not": `start domain a`. Throws `LIBVIRT_CALL_TIMEOUT`, with an unknown outcome and, in its details, the
 * call, how long it was waited for and whether libvirtd answers others.
 */
export async function boundedCall<T>(
  act: string,
  call: () => Promise<T>,
  limits: CallLimits,
  options: CallOptions = {},
): Promise<T> {
  const timeoutMs = options.timeoutMs ?? limits.timeoutMs;
  try {
    return await within(timeoutMs, `libvirt to ${act}`, () => attempt(act, call), {
      code: 'LIBVIRT_CALL_TIMEOUT',
    });
  } catch (error) {
    if (!isFault(error, 'LIBVIRT_CALL_TIMEOUT')) throw error;
    const others = await askedAnew(limits);
    throw new Fault(
      'timeout',
      'LIBVIRT_CALL_TIMEOUT',
      `${error.message}; ${others ?? 'it answers other calls'}`,
      {
        outcome: 'unknown',
        hint: others === null ? ofThisCall(options.domain) : OF_ALL_CALLS,
        details: { call: act, timeoutMs, answersOthers: others === null },
      },
    );
  }
}

/** Null where libvirtd answers, and else what is to be said of it. */
async function askedAnew({ askAnew }: CallLimits): Promise<string | null> {
  try {
    await askAnew();
    return null;
  } catch (error) {
    return `it answers no other call either: ${asFault(error).message}`;
  }
}

function ofThisCall(domain = 'DOMAIN'): string {
  return `QEMU may hang, or another operation hold the domain: virsh domcontrol ${domain} and virsh domjobinfo ${domain} tell; QEMU's log: /var/log/libvirt/qemu/${domain}.log (session mode: ~/.cache/libvirt/qemu/log/).`;
}

const OF_ALL_CALLS =
  'libvirtd itself hangs: its log (journalctl -u libvirtd), and novalet doctor. Guests go on while it is restarted: systemctl restart libvirtd';
