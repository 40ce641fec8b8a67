// What the command modules need of an agent: a checked call. Agent provides it.
import type { ChannelLimits } from '../qapi/index.ts';
import type { Reply } from './decode.ts';

export interface CallOptions {
  /** How long the reply may take, in milliseconds. Default 10 s. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The command changes nothing in the guest, so that a lost reply leaves nothing unknown. */
  readonly readOnly?: boolean | undefined;
  /** The signal ends the wait for a turn only; once written, the request is waited for. */
  readonly mustFinish?: boolean | undefined;
  /** A refusal is an answer like others here, so that nobody looks why: where the road does not tell, it is a refusal. */
  readonly mayRefuse?: boolean | undefined;
  /** The largest reply worth keeping. Default 1 MiB. */
  readonly maxReplyBytes?: number | undefined;
}

export interface AgentCaller {
  /** Names the agent in messages: `the agent of web1`. */
  readonly peer: string;
  /** Grows whenever the agent may be another one: pids and handles of an older epoch mean nothing. */
  readonly epoch: number;
  limits(signal?: AbortSignal): Promise<ChannelLimits>;
  /**
   * Sends one command and gives its reply for decoding. Throws, before sending, `AGENT_COMMAND_UNSUPPORTED`,
   * `AGENT_COMMAND_BLOCKED` or `AGENT_FROZEN`; after it, what Channel.request throws.
   */
  call(command: string, args?: object, options?: CallOptions): Promise<Reply>;
}
