// What can go wrong between a request and its reply, as Faults.
import { Fault, type FaultOptions, type FaultOutcome } from '../base/index.ts';

const DESC_LIMIT = 500;

/** The server answered with an error. `class` is QAPI's ('' where the road does not tell it). */
export class QapiFault extends Fault {
  readonly class: string;
  readonly command: string;

  constructor(peer: string, command: string, error: { class: string; desc: string }, cause?: unknown) {
    super('refused', 'AGENT_REFUSED', `${peer} refused ${command}: ${shortened(error.desc)}`, {
      cause,
      details: { command, class: error.class },
    });
    this.name = 'QapiFault';
    this.class = error.class;
    this.command = command;
  }
}

/** The server is connected and gave no answer in time. */
export function unresponsive(peer: string, what: string, options: FaultOptions = {}): Fault {
  return new Fault('timeout', 'AGENT_UNRESPONSIVE', `${peer} gave no answer to ${what}`, {
    hint: 'The guest may be under load, or its agent may hang: look at its console, or restart qemu-guest-agent in it.',
    ...options,
  });
}

/** The connection went away. */
export function disconnected(peer: string, what: string, outcome: FaultOutcome, cause?: unknown): Fault {
  return new Fault('unavailable', 'AGENT_DISCONNECTED', `${peer} went away during ${what}`, {
    cause,
    outcome,
    hint: 'The guest rebooted or stopped, or its agent was restarted. Wait for the agent, look what was done, and try again.',
  });
}

/** The reply was longer than allowed, and its bytes were thrown away. */
export function replyTooLarge(peer: string, command: string, limit: number, outcome: FaultOutcome): Fault {
  return new Fault(
    'exhausted',
    'AGENT_REPLY_TOO_LARGE',
    `The reply of ${peer} to ${command} is larger than ${limit} bytes and was dropped`,
    {
      outcome,
      hint: 'Ask for less at a time; for a command, write its output to a file in the guest or limit what is captured.',
      details: { command, limit },
    },
  );
}

/** The reply was not what the protocol or the command's schema says. */
export function replyInvalid(peer: string, why: string, outcome: FaultOutcome = 'not-done'): Fault {
  return new Fault(
    'corrupt',
    'AGENT_REPLY_INVALID',
    `${peer} sent a reply that cannot be used: ${shortened(why)}`,
    {
      outcome,
      hint: 'The agent in this guest is broken or hostile: update qemu-guest-agent in it.',
    },
  );
}

/** The request does not fit on this road; nothing was sent. */
export function requestTooLarge(peer: string, command: string, bytes: number, limit: number): Fault {
  return new Fault(
    'invalid',
    'AGENT_REQUEST_TOO_LARGE',
    `${command} for ${peer} has ${bytes} bytes, and this channel takes ${limit}`,
    { hint: 'Send large data as a file, in pieces.', details: { command, bytes, limit } },
  );
}

/** A caller broke the rule of one request at a time. */
export function busy(peer: string, command: string): Fault {
  return new Fault(
    'internal',
    'CHANNEL_BUSY',
    `${command} was sent to ${peer} while another request was under way`,
  );
}

/** Cuts foreign text to a length that fits a message, and takes control characters out of it. */
export function shortened(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  const plain = text.slice(0, DESC_LIMIT).replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
  return text.length > DESC_LIMIT ? `${plain}…` : plain;
}
