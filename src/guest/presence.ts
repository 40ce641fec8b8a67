// Whether there is an agent to talk to, in the words of its channel.
import { Fault } from '../base/index.ts';

/** What the host knows of the agent's port. `unknown`: the port is there, and nobody says whether it is open. */
export type ChannelState = 'absent' | 'disconnected' | 'connected' | 'unknown';

/** The fault for a channel that no agent stands behind; undefined when there may be one. */
export function presenceFault(peer: string, state: ChannelState, cause?: unknown): Fault | undefined {
  switch (state) {
    case 'absent':
      return new Fault('unsupported', 'AGENT_ABSENT', `The guest has no channel for ${peer}`, {
        cause,
        hint: 'Its image says hw_qemu_guest_agent=no, or somebody detached it: novalet guest NAME doctor says which, and the way back.',
      });
    case 'disconnected':
      return new Fault('unavailable', 'AGENT_NOT_RUNNING', `${capital(peer)} is not running`, {
        cause,
        hint: 'The guest may still be booting: novalet wait NAME agent; if it never comes, install and start qemu-guest-agent in the guest; novalet guest NAME doctor says which it is.',
      });
    case 'connected':
    case 'unknown':
      return undefined;
    default:
      return state satisfies never;
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
