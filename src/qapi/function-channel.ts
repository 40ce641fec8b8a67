// A Channel over a function that takes one request and gives one reply, such as libvirt's agent call.
// Knows no libvirt: the function's Faults go through, or through a translation that the caller gives.
import { asFault, Fault, within } from '../base/index.ts';
import { type Channel, type ChannelLimits, DEFAULT_REPLY_BYTES, type RequestOptions } from './channel.ts';
import { busy, QapiFault, replyInvalid, replyTooLarge, requestTooLarge, unresponsive } from './faults.ts';
import { decodeMessage, encodeRequest } from './message.ts';

/** Sends one request and resolves with the whole reply, both as JSON text. */
export type AgentCall = (json: string, timeoutSeconds: number) => Promise<string>;

export interface FunctionChannelOptions {
  /** Names the server in messages: `the agent of web1`. */
  readonly peer: string;
  readonly limits?: Partial<ChannelLimits>;
  /**
   * Waits until the road has room for a call, and gives what tells it that the call came back. Rejects when the signal
   * fires. A request whose deadline passes here was not sent: `AGENT_BUSY`.
   */
  readonly admit?: (signal: AbortSignal) => Promise<() => void>;
  /** Turns a foreign fault into one of ours: refusal into `QapiFault`, an absent channel into `AGENT_ABSENT` … */
  readonly translate?: (fault: Fault, command: string) => Fault;
}

interface Outgoing {
  readonly command: string;
  readonly json: string;
  /** Called when the call has come back, which may be long after its deadline. */
  readonly leave: () => void;
}

const BUSY_HINT = 'Too many other guests do not answer: try again later, and look at those.';

/** libvirt corrupts requests beyond some 212 KiB and loses replies beyond 4 MiB; these keep a distance. */
const LIBVIRT_LIMITS: ChannelLimits = { requestBytes: 128 * 1024, replyBytes: 4 * 1024 * 1024 - 4096 };

/**
 * One request at a time over a function. The function synchronises by itself. It cannot be cancelled: when time runs
 * out, the next request waits until it has come back.
 */
export class FunctionChannel implements Channel {
  readonly limits: ChannelLimits;
  readonly #call: AgentCall;
  readonly #options: FunctionChannelOptions;
  #underWay: Promise<unknown> | undefined;
  #isWaiting = false;
  #closed = false;

  constructor(call: AgentCall, options: FunctionChannelOptions) {
    this.#call = call;
    this.#options = options;
    this.limits = { ...LIBVIRT_LIMITS, ...options.limits };
  }

  get closed(): boolean {
    return this.#closed;
  }

  async request(command: string, args: object | undefined, options: RequestOptions): Promise<unknown> {
    const { peer } = this.#options;
    if (this.#closed)
      throw new Fault('unavailable', 'AGENT_DISCONNECTED', `The channel to ${peer} is closed`);
    if (this.#isWaiting) throw busy(peer, command);
    const json = encodeRequest(command, args);
    const bytes = Buffer.byteLength(json);
    const limit = this.limits.requestBytes;
    if (bytes > limit) throw requestTooLarge(peer, command, bytes, limit);
    this.#isWaiting = true;
    try {
      const deadline = performance.now() + options.timeoutMs;
      await this.#formerCall(command, options);
      const left = () => ({ ...options, timeoutMs: Math.max(1, deadline - performance.now()) });
      const leave = await this.#admitted(command, left());
      return this.#decode(command, await this.#send({ command, json, leave }, left()), options);
    } finally {
      this.#isWaiting = false;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  async #formerCall(command: string, options: RequestOptions): Promise<void> {
    const former = this.#underWay;
    if (former === undefined) return;
    const { peer } = this.#options;
    await within(options.timeoutMs, `the former call to ${peer} before ${command}`, () => former, {
      signal: options.signal,
      code: 'AGENT_UNRESPONSIVE',
    });
  }

  async #admitted(command: string, { timeoutMs, signal }: RequestOptions): Promise<() => void> {
    const { peer, admit } = this.#options;
    if (admit === undefined) return nothing;
    const limits = { signal, code: 'AGENT_BUSY', hint: BUSY_HINT };
    let admission: Promise<() => void> | undefined;
    const work = (stop: AbortSignal) => {
      admission = admit(stop);
      return admission;
    };
    try {
      return await within(timeoutMs, `room for ${command} to ${peer}`, work, limits);
    } catch (error) {
      void admission?.then((leave) => leave(), nothing); // let in at the moment in which we went
      throw error;
    }
  }

  async #send({ command, json, leave }: Outgoing, options: RequestOptions): Promise<string> {
    const { peer } = this.#options;
    const outcome = options.readOnly === true ? 'not-done' : 'unknown';
    // Whole seconds is what libvirt takes; its own limit should strike before ours, so that it is free again.
    const seconds = Math.max(1, Math.floor(options.timeoutMs / 1000));
    const { signal, timeoutMs } = options;
    const work = () => {
      const call = this.#call(json, seconds);
      const settled = call.then(nothing, nothing).then(() => {
        leave();
        if (this.#underWay === settled) this.#underWay = undefined;
      });
      this.#underWay = settled;
      return call;
    };
    try {
      return await within(timeoutMs, `an answer of ${peer} to ${command}`, work, {
        signal,
        code: 'AGENT_UNRESPONSIVE',
        outcome,
      });
    } catch (error) {
      throw this.#translated(asFault(error), command, outcome);
    }
  }

  #translated(fault: Fault, command: string, outcome: 'not-done' | 'unknown'): Fault {
    const translated = this.#options.translate?.(fault, command) ?? fault;
    if (translated instanceof QapiFault) return translated;
    if (translated.kind === 'refused' && !translated.code.startsWith('AGENT_')) {
      return new QapiFault(this.#options.peer, command, { class: '', desc: translated.message }, translated);
    }
    const isLost = translated.code === 'AGENT_UNRESPONSIVE' || translated.kind === 'cancelled';
    if (!isLost || translated.outcome === outcome) return translated;
    if (translated.kind !== 'cancelled')
      return unresponsive(this.#options.peer, command, {
        cause: fault,
        outcome,
        details: translated.details,
      });
    const { kind, code, message } = translated;
    return new Fault(kind, code, message, { cause: fault, outcome });
  }

  #decode(command: string, reply: string, options: RequestOptions): unknown {
    const { peer } = this.#options;
    const outcome = options.readOnly === true ? 'not-done' : 'unknown';
    const limit = Math.min(options.maxReplyBytes ?? DEFAULT_REPLY_BYTES, this.limits.replyBytes);
    if (reply.length > limit) throw replyTooLarge(peer, command, limit, outcome);
    const message = decodeMessage(reply);
    switch (message.kind) {
      case 'return':
        return message.value;
      case 'error':
        throw new QapiFault(peer, command, message);
      case 'event':
        throw replyInvalid(peer, `${command} was answered with the event ${message.name}`, outcome);
      case 'invalid':
        throw replyInvalid(peer, `${command}: ${message.why}`, outcome);
      default:
        return message satisfies never;
    }
  }
}

function nothing(): void {}
