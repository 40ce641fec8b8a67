// A Channel over a byte stream that belongs to us: a unix socket, or a lane.
// Knows guest-sync-delimited and ids; knows no other command, and not where the stream comes from.
import { randomInt } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { asFault, Fault, type FaultOutcome, within } from '../base/index.ts';
import { type Channel, type ChannelLimits, DEFAULT_REPLY_BYTES, type RequestOptions } from './channel.ts';
import { busy, disconnected, QapiFault, replyInvalid, replyTooLarge, requestTooLarge } from './faults.ts';
import { type Line, LineSplitter } from './lines.ts';
import { decodeMessage, encodeRequest, type Message } from './message.ts';

/** An exec result at its largest: two streams of 16 MiB in base64, and the words around them. */
const MAX_REPLY_BYTES = 44 * 1024 * 1024;
const MAX_REQUEST_BYTES = 16 * 1024 * 1024;
/** What may arrive unasked between two good replies; every line counts LINE_COST on top of its bytes. */
const STRAY_LIMIT = 64 * 1024 * 1024;
const LINE_COST = 256;

export interface SocketChannelOptions {
  /** Names the server in messages: `the agent of web1`. */
  readonly peer: string;
  /** How long the first synchronisation may take, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly limits?: Partial<ChannelLimits>;
}

interface Pending {
  readonly command: string;
  readonly id: number;
  readonly outcome: FaultOutcome;
  /** Set while synchronising: only a reply directly behind a 0xFF counts. */
  readonly isSync: boolean;
  readonly resolve: (value: unknown) => void;
  readonly reject: (fault: Fault) => void;
}

/**
 * One request at a time over a stream, matched by a random id, so that nobody's late reply is taken for ours. When a
 * reply stays out, the stream is destroyed: a request left in it could still be carried out later.
 */
export class SocketChannel implements Channel {
  readonly limits: ChannelLimits;
  readonly #stream: Duplex;
  readonly #peer: string;
  readonly #lines = new LineSplitter(DEFAULT_REPLY_BYTES);
  #pending: Pending | undefined;
  #ended: Fault | undefined;
  #needsSync = true;
  #strayBytes = 0;

  /**
   * Takes the stream over and synchronises with the agent behind it. Throws `AGENT_UNRESPONSIVE` when no agent
   * answers (none runs, or somebody else holds the socket: QEMU serves one client), `AGENT_TOO_OLD` when it does not
   * give ids back, `AGENT_DISCONNECTED`.
   */
  static async open(stream: Duplex, options: SocketChannelOptions): Promise<SocketChannel> {
    const channel = new SocketChannel(stream, options);
    try {
      await channel.#sync(options.timeoutMs, options.signal);
      return channel;
    } catch (error) {
      await channel.close();
      throw error;
    }
  }

  private constructor(stream: Duplex, options: SocketChannelOptions) {
    this.#stream = stream;
    this.#peer = options.peer;
    this.limits = { requestBytes: MAX_REQUEST_BYTES, replyBytes: MAX_REPLY_BYTES, ...options.limits };
    stream.on('data', (chunk: Buffer) => this.#receive(chunk));
    stream.on('error', (error) => this.#end(error));
    stream.on('end', () => this.#end(undefined));
    stream.on('close', () => this.#end(undefined));
  }

  get closed(): boolean {
    return this.#ended !== undefined;
  }

  async request(command: string, args: object | undefined, options: RequestOptions): Promise<unknown> {
    const deadline = performance.now() + options.timeoutMs;
    if (this.#needsSync) await this.#sync(options.timeoutMs, options.signal);
    const id = newId();
    const line = encodeRequest(command, args, id);
    const bytes = Buffer.byteLength(line);
    const limit = this.limits.requestBytes;
    if (bytes > limit) throw requestTooLarge(this.#peer, command, bytes, limit);
    this.#lines.limit = Math.min(options.maxReplyBytes ?? DEFAULT_REPLY_BYTES, this.limits.replyBytes);
    try {
      const left = Math.max(1, deadline - performance.now());
      return await this.#exchange(command, id, `${line}\n`, { ...options, timeoutMs: left });
    } finally {
      this.#lines.limit = DEFAULT_REPLY_BYTES;
    }
  }

  async close(): Promise<void> {
    this.#end(undefined);
  }

  /** Leading 0xFF throws away what an earlier client left half-sent; the 0xFF before the reply, what it left unread. */
  async #sync(timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    const id = newId();
    const line = encodeRequest('guest-sync-delimited', { id }, id);
    const bytes = Buffer.concat([Buffer.from([0xff]), Buffer.from(`${line}\n`)]);
    await this.#exchange('guest-sync-delimited', id, bytes, { timeoutMs, signal, readOnly: true });
    this.#needsSync = false;
  }

  async #exchange(
    command: string,
    id: number,
    bytes: Buffer | string,
    options: RequestOptions,
  ): Promise<unknown> {
    if (this.#ended !== undefined) throw disconnected(this.#peer, command, 'not-done', this.#ended);
    if (this.#pending !== undefined) throw busy(this.#peer, command);
    const outcome = options.readOnly === true ? 'not-done' : 'unknown';
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const what = `an answer of ${this.#peer} to ${command}`;
    const start = () => {
      this.#pending = { command, id, outcome, isSync: command === 'guest-sync-delimited', resolve, reject };
      this.#stream.write(bytes);
      return promise;
    };
    const { timeoutMs, signal } = options;
    try {
      return await within(timeoutMs, what, start, {
        signal,
        code: 'AGENT_UNRESPONSIVE',
        outcome,
        hint: HANG_HINT,
      });
    } catch (error) {
      // Still pending: the wait ended, not the exchange.
      const pending = this.#isPending(id);
      if (pending !== undefined) throw this.#abandon(pending, asFault(error));
      throw error;
    }
  }

  #isPending(id: number): Pending | undefined {
    return this.#pending?.id === id ? this.#pending : undefined;
  }

  #abandon(pending: Pending, fault: Fault): Fault {
    this.#pending = undefined;
    this.#needsSync = true;
    if (fault.kind === 'timeout') this.#end(fault);
    if (fault.outcome === pending.outcome) return fault;
    const { kind, code, message, cause, details } = fault;
    return new Fault(kind, code, message, { cause: cause ?? fault, details, outcome: pending.outcome });
  }

  #receive(chunk: Buffer): void {
    for (const line of this.#lines.push(chunk)) this.#take(line);
    // A line without an end counts as stray only once it is dropped; the splitter bounds it until then.
    this.#stray(this.#pending === undefined ? chunk.length : 0);
  }

  #take(line: Line): void {
    const pending = this.#pending;
    if (line.kind === 'too-large') {
      this.#stray(this.#lines.limit);
      if (pending === undefined || pending.isSync) return;
      this.#needsSync = true;
      this.#settle(() =>
        pending.reject(replyTooLarge(this.#peer, pending.command, this.#lines.limit, pending.outcome)),
      );
      return;
    }
    const message = pending === undefined ? undefined : decodeMessage(line.bytes);
    if (pending === undefined || message === undefined) this.#stray(line.bytes.length + LINE_COST);
    else if (this.#isAnswer(pending, message, line)) this.#answer(pending, message);
    else if (pending.isSync || !this.#isComplaint(pending, message))
      this.#stray(line.bytes.length + LINE_COST);
  }

  /**
   * Behind a synchronisation nothing stale should come, so that what cannot be read, or complains with no id, is likely
   * about us. It proves nothing, though: the agent may have done what it was asked.
   */
  #isComplaint(pending: Pending, message: Message): boolean {
    const why = complaint(message);
    if (why === undefined) return false;
    this.#needsSync = true;
    this.#settle(() =>
      pending.reject(replyInvalid(this.#peer, `${pending.command}: ${why}`, pending.outcome)),
    );
    return true;
  }

  #isAnswer(pending: Pending, message: Message, line: { readonly afterDelimiter: boolean }): boolean {
    if (message.kind === 'invalid' || message.kind === 'event') return false;
    if (!pending.isSync) return message.id === pending.id;
    if (message.kind === 'error') return message.id === pending.id;
    return line.afterDelimiter && message.value === pending.id;
  }

  #answer(pending: Pending, message: Message): void {
    this.#strayBytes = 0;
    if (message.kind === 'error') {
      this.#settle(() => pending.reject(new QapiFault(this.#peer, pending.command, message)));
    } else if (message.kind === 'return') {
      const isEchoed = message.id === pending.id;
      this.#settle(() => (isEchoed ? pending.resolve(message.value) : pending.reject(tooOld(this.#peer))));
    }
  }

  #settle(act: () => void): void {
    this.#pending = undefined;
    act();
  }

  #stray(bytes: number): void {
    this.#strayBytes += bytes;
    if (this.#strayBytes > STRAY_LIMIT)
      this.#end(replyInvalid(this.#peer, 'an endless stream that answers nothing'));
  }

  #end(cause: unknown): void {
    if (this.#ended !== undefined) return;
    const pending = this.#pending;
    const outcome = pending?.outcome ?? 'not-done';
    const what = pending?.command ?? 'a pause';
    this.#ended = cause instanceof Fault ? cause : disconnected(this.#peer, what, outcome, cause);
    this.#stream.destroy();
    this.#lines.push(Buffer.from([0xff])); // lets go of a half line
    if (pending === undefined) return;
    const fault = this.#ended;
    this.#settle(() => pending.reject(fault));
  }
}

const HANG_HINT =
  'The agent hangs, none runs behind this socket, or another program holds it. The guest may also be paused: look at its console.';

function complaint(message: Message): string | undefined {
  if (message.kind === 'invalid') return message.why;
  const isNobodys = message.kind === 'error' && message.id === undefined;
  return isNobodys ? `an error that names no request: ${message.desc}` : undefined;
}

function newId(): number {
  return randomInt(1, 2 ** 48 - 1); // well below 2^53, where JSON numbers stop being exact here
}

function tooOld(peer: string): Fault {
  return new Fault('unsupported', 'AGENT_TOO_OLD', `${peer} does not give request ids back`, {
    hint: 'Update qemu-guest-agent in the guest: replies without ids cannot be told apart.',
  });
}
