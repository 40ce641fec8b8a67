// The way to one guest's agent: one request at a time, reopened when it broke, quick to fail after a hang.
// Knows channels and time; knows what no command means, guest-ping excepted.
import { Fault, Gate, isFault } from '../base/index.ts';
import { type Channel, type ChannelLimits, type RequestOptions, unresponsive } from '../qapi/index.ts';
import { Breaker, type BreakerOptions } from './breaker.ts';

export interface LinkOptions {
  /** Names the agent in messages: `the agent of web1`. */
  readonly peer: string;
  /** Opens a channel to the agent; called again when the last one closed. Must bound its own waiting. */
  readonly open: (signal: AbortSignal | undefined) => Promise<Channel>;
  readonly breaker?: BreakerOptions;
  /** How long a request may wait for its turn, in milliseconds. Default 30 s. */
  readonly turnTimeoutMs?: number;
}

export interface LinkRequestOptions extends RequestOptions {
  readonly mustFinish?: boolean | undefined;
}

const PROBE_TIMEOUT_MS = 2000;

/** One per guest and process; every request to the guest's agent goes through it. */
export class AgentLink {
  readonly peer: string;
  readonly #options: LinkOptions;
  readonly #gate = new Gate(1);
  readonly #breaker: Breaker;
  #channel: Channel | undefined;
  #limits: ChannelLimits | undefined;
  #epoch = 0;
  #closed = false;

  constructor(options: LinkOptions) {
    this.peer = options.peer;
    this.#options = options;
    this.#breaker = new Breaker(options.breaker);
  }

  /** Grows whenever the agent may be another one than before; what was learned about it is then stale. */
  get epoch(): number {
    return this.#epoch;
  }

  /** The road's limits, opening it where nobody has yet. */
  async limits(signal?: AbortSignal): Promise<ChannelLimits> {
    if (this.#limits === undefined) await this.#inTurn(async () => void (await this.#opened(signal)), signal);
    return this.#limits ?? { requestBytes: 0, replyBytes: 0 };
  }

  /**
   * Channel.request, in turn; with `mustFinish` the signal ends the wait for the turn only. Throws `AGENT_UNRESPONSIVE` at once for a
   * while after a hang.
   */
  async request(command: string, args: object | undefined, options: LinkRequestOptions): Promise<unknown> {
    const { mustFinish, ...others } = options;
    const inside = mustFinish === true ? { ...others, signal: undefined } : others;
    return await this.#inTurn(async () => {
      await this.#pass(command, inside);
      return await this.#send(command, args, inside);
    }, options.signal);
  }

  /** The agent connected anew: forget the hang, the channel and what was known. */
  async reset(): Promise<void> {
    this.#breaker.reset();
    this.#epoch += 1;
    const channel = this.#channel;
    this.#channel = undefined;
    await channel?.close();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.reset();
  }

  async #inTurn<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const limit = this.#options.turnTimeoutMs ?? 30_000;
    const turn = new AbortController();
    const timer = setTimeout(() => turn.abort(tookTooLong(this.peer, limit)), limit);
    const entered = () => {
      clearTimeout(timer);
      return work();
    };
    try {
      return await this.#gate.run(
        entered,
        signal === undefined ? turn.signal : AbortSignal.any([signal, turn.signal]),
      );
    } finally {
      clearTimeout(timer);
    }
  }

  /** Lets a call through the breaker; after a hang, a ping goes first, so that it is not the call that is lost. */
  async #pass(command: string, options: RequestOptions): Promise<void> {
    const state = this.#breaker.state;
    if (state.kind === 'closed') return;
    if (state.kind === 'open') {
      const seconds = Math.ceil(state.remainingMs / 1000);
      throw unresponsive(this.peer, `an earlier request, so ${command} was not sent`, {
        hint: `It hung a moment ago; the next attempt is possible in ${seconds} s. Look at the guest's console.`,
      });
    }
    const { signal } = options;
    await this.#send('guest-ping', undefined, { timeoutMs: PROBE_TIMEOUT_MS, signal, readOnly: true });
  }

  async #send(command: string, args: object | undefined, options: RequestOptions): Promise<unknown> {
    try {
      const channel = await this.#opened(options.signal);
      const value = await channel.request(command, args, options);
      this.#breaker.reset();
      return value;
    } catch (error) {
      if (isFault(error, 'AGENT_UNRESPONSIVE')) this.#breaker.trip();
      else if (isFault(error) && error.kind === 'refused') this.#breaker.reset();
      throw error;
    }
  }

  async #opened(signal: AbortSignal | undefined): Promise<Channel> {
    if (this.#closed)
      throw new Fault('unavailable', 'AGENT_DISCONNECTED', `The link to ${this.peer} was closed`);
    if (this.#channel !== undefined && !this.#channel.closed) return this.#channel;
    this.#epoch += 1;
    const channel = await this.#options.open(signal);
    this.#channel = channel;
    this.#limits = channel.limits;
    return channel;
  }
}

function tookTooLong(peer: string, limitMs: number): Fault {
  return new Fault('timeout', 'AGENT_BUSY', `${peer} was busy with other requests for ${limitMs} ms`, {
    hint: 'Try again later, or do fewer things in this guest at once.',
    details: { timeoutMs: limitMs },
  });
}
