// What libvirt's faults mean when they come out of its agent call. By libvirt's numbers (libvirt/virterror.h), never by
// its words; which number comes when was measured on libvirt 9.0.
import type { Fault } from '../base/index.ts';
import { LibvirtFault } from '../libvirt/index.ts';
import { QapiFault, replyTooLarge, unresponsive } from '../qapi/index.ts';

const INTERNAL_ERROR = 1; // the agent said no: all of its errors come so before libvirt 11.2
const SYSTEM_ERROR = 38; // "No complete agent response found": more than 10 MiB without an end
const RPC = 39; // the reply does not fit into a message to us: more than 4 MiB
const AGENT_UNRESPONSIVE = 86;
const AGENT_COMMAND_TIMEOUT = 112;
const AGENT_COMMAND_FAILED = 113;
/** No connection, or one that broke under the call, has the numbers of an agent's refusal and of too large a reply. */
const OF_CONNECTION: ReadonlySet<string> = new Set([
  'LIBVIRT_CONNECTION_LOST',
  'LIBVIRT_UNREACHABLE',
  'LIBVIRT_DENIED',
]);
/** libvirt's limit of one reply, REMOTE_STRING_MAX. */
const REPLY_BYTES = 4 * 1024 * 1024;

/**
 * libvirt says "no answer" with one number for an agent that it waited for and for one that it has given up and no longer
 * asks. The first takes seconds (a second at the least), the second a round trip to libvirtd.
 */
const AT_ONCE_MS = 500;

/** Whether libvirt said "no answer" without having waited for one. */
export function isAtOnce(tookMs: number): boolean {
  return tookMs < AT_ONCE_MS;
}

/** A fault of libvirt's agent call as one of the bridge's own; whatever else it is goes through unchanged. */
export function translateAgentFault(fault: Fault, peer: string, command: string, tookMs: number): Fault {
  if (!(fault instanceof LibvirtFault) || OF_CONNECTION.has(fault.code)) return fault;
  switch (fault.libvirtCode) {
    case INTERNAL_ERROR:
    case AGENT_COMMAND_FAILED:
      return new QapiFault(peer, command, { class: '', desc: fault.message }, fault);
    case SYSTEM_ERROR:
    case RPC:
      return replyTooLarge(peer, command, REPLY_BYTES, 'unknown');
    case AGENT_UNRESPONSIVE:
    case AGENT_COMMAND_TIMEOUT:
      return unresponsive(peer, command, {
        cause: fault,
        outcome: 'unknown',
        details: { tookMs: Math.round(tookMs) },
      });
    default:
      return fault;
  }
}
