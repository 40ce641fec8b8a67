// One session with the server in the guest: many channels over one stream, until either side ends it or it breaks.
import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { Fault, isFault, within } from '../base/index.ts';
import { type ChannelHost, LaneChannel } from './channel.ts';
import { LaneConnection, type LaneForward, LaneListener, type OnConnection } from './connection.ts';
import { laneFull, laneLost, laneProtocol, UNANSWERED } from './faults.ts';
import { type LaneRead, LaneSink, LaneSource, type LaneWrite } from './file.ts';
import { type Frame, MAX_CHANNELS, SERVER_CHANNELS, TYPE } from './frame.ts';
import { FrameDecoder } from './frame-decoder.ts';
import { type Greeting, greet } from './greet.ts';
import type { LaneFacts } from './hello.ts';
import { LaneProcess, type LaneSpawn } from './process.ts';
import { Wire } from './wire.ts';

export interface LaneSessionOptions {
  /** Names the guest in messages: `web1`. */
  readonly peer: string;
  /** How long to wait for the welcome. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** How long the server may take to open or close a channel, in milliseconds. Default 60 000. */
  readonly answerMs?: number | undefined;
  /**
   * With channels open and nothing heard for this long, although asked, the session is lost: a guest that rebooted does
   * not close the port. A paused guest is silent too. In milliseconds; default 60 000, Infinity for never.
   */
  readonly silenceMs?: number | undefined;
  /**
   * When the stream is lost, how long somebody who watches the guest has to say why by `close(reason)`, before those who
   * wait hear that it is lost. In milliseconds; default 0.
   */
  readonly reasonMs?: number | undefined;
}

/** Above the first credit, for a stream whose reader keeps up. */
const RAISE_BYTES = 2 * 1024 * 1024;
/** Of all streams of a session together. */
const RAISE_LIMIT = 64 * 1024 * 1024;

const PARTING_MS = 1000;

export class LaneSession implements AsyncDisposable {
  readonly peer: string;
  readonly facts: LaneFacts;
  /** Resolves when the session has ended, with the reason. */
  readonly ended: Promise<Fault>;
  readonly #stream: Duplex;
  readonly #wire: Wire;
  readonly #decoder: FrameDecoder;
  readonly #host: ChannelHost;
  readonly #channels = new Map<number, LaneChannel>();
  readonly #pings = new Map<string, () => void>();
  readonly #end = Promise.withResolvers<Fault>();
  readonly #watch: NodeJS.Timeout | undefined;
  readonly #reasonMs: number;
  #fault: Fault | undefined;
  /** Runs from the loss of the stream until its reason is told. */
  #untold: NodeJS.Timeout | undefined;
  #lastNumber = 0;
  #raised = 0;
  #unheard = 0;

  /**
   * Takes the stream over and opens a session. Throws `LANE_SILENT` when no welcome comes, `LANE_LOST`,
   * `LANE_PROTOCOL`, `LANE_VERSION`; the stream is destroyed then.
   */
  static async open(stream: Duplex, options: LaneSessionOptions): Promise<LaneSession> {
    const greeting = await greet(stream, options);
    return new LaneSession(stream, greeting, options);
  }

  private constructor(stream: Duplex, greeting: Greeting, options: LaneSessionOptions) {
    const { peer, answerMs = 60_000, silenceMs = 60_000, reasonMs = 0 } = options;
    this.peer = peer;
    this.#reasonMs = reasonMs;
    this.facts = greeting.facts;
    this.ended = this.#end.promise;
    this.#stream = stream;
    const { nonce, session } = greeting;
    this.#wire = new Wire(stream, session, () => this.#lost('it does not read what it is sent'));
    this.#decoder = new FrameDecoder({
      nonce,
      session,
      onFrame: (frame) => this.#receive(frame),
      refuse: (what, why) => (what === 'lost' ? laneLost(peer, why) : laneProtocol(peer, why)),
    });
    this.#host = this.#hostOf(answerMs);
    stream.on('data', (chunk: Buffer) => this.#feed(chunk));
    stream.on('error', (error) => this.#lost('its stream failed', error));
    stream.on('close', () => this.#lost('its stream was closed'));
    stream.on('end', () => this.#lost('its stream ended'));
    if (Number.isFinite(silenceMs)) this.#watch = setInterval(() => this.#listen(), silenceMs / 4).unref();
    // What stood behind the welcome came before anything that is still in the stream.
    if (greeting.rest.length > 0) this.#feed(greeting.rest);
    stream.resume();
  }

  get isOpen(): boolean {
    return this.#fault === undefined;
  }

  /** How many channels are open, or on their way to it or from it. */
  get channels(): number {
    return this.#channels.size;
  }

  /** Starts a program. Throws `LaneRefusal`, `LANE_REQUEST_TOO_LARGE`, `LANE_FULL`, and the session's fault. */
  async spawn(order: LaneSpawn, signal?: AbortSignal): Promise<LaneProcess> {
    return await LaneProcess.start(this.#newChannel(), order, signal);
  }

  /** Opens a regular file for reading. */
  async read(order: LaneRead, signal?: AbortSignal): Promise<LaneSource> {
    return await LaneSource.open(this.#newChannel(), order, signal);
  }

  /** Opens a regular file for writing. */
  async write(order: LaneWrite, signal?: AbortSignal): Promise<LaneSink> {
    return await LaneSink.open(this.#newChannel(), order, signal);
  }

  async connect(order: LaneForward, signal?: AbortSignal): Promise<LaneConnection> {
    return await LaneConnection.open(this.#newChannel(), order, signal);
  }

  /** Port 0 is any; the listener tells which. */
  async listen(
    forward: LaneForward,
    onConnection: OnConnection,
    signal?: AbortSignal,
  ): Promise<LaneListener> {
    const adopt = (number: number) => this.#adopt(number);
    return await LaneListener.open(this.#newChannel(), { forward, onConnection, adopt }, signal);
  }

  /** One message there and back; gives how long it took, in milliseconds. */
  async ping(timeoutMs: number, signal?: AbortSignal): Promise<number> {
    this.#throwIfEnded();
    const word = randomBytes(8);
    const key = word.toString('hex');
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#pings.set(key, resolve);
    const from = performance.now();
    this.#wire.send(0, TYPE.PING, 0, word);
    try {
      const ended = this.ended.then((fault) => Promise.reject(fault));
      await within(timeoutMs, `an answer of ${this.peer}`, () => Promise.race([promise, ended]), {
        signal,
        code: UNANSWERED.code,
      });
      return performance.now() - from;
    } finally {
      this.#pings.delete(key);
    }
  }

  /** Has the server's process end, and closes the session. */
  async quit(): Promise<void> {
    if (this.isOpen) this.#wire.send(0, TYPE.QUIT);
    await this.close();
  }

  /**
   * Ends the session; what runs over it is killed by the server, and ends here with `reason`. Resolves when the stream
   * is closed.
   */
  async close(reason?: Fault): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#untold !== undefined) this.#tell(reason ?? laneLost(this.peer, 'it was closed'));
    if (this.#stream.closed) return;
    this.#stream.once('close', resolve);
    this.#finish(reason ?? laneLost(this.peer, 'it was closed'), 'in order');
    await promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #hostOf(answerMs: number): ChannelHost {
    return {
      peer: this.peer,
      wire: this.#wire,
      answerMs,
      raise: () => {
        const bytes = Math.min(RAISE_BYTES, RAISE_LIMIT - this.#raised);
        this.#raised += bytes;
        return bytes;
      },
      lower: (bytes) => {
        this.#raised -= bytes;
      },
      release: (number) => void this.#channels.delete(number),
      violated: (why) => this.#finish(laneProtocol(this.peer, why)),
    };
  }

  #newChannel(): LaneChannel {
    this.#throwIfEnded();
    if (this.#channels.size >= MAX_CHANNELS) throw laneFull(this.peer, this.#channels.size);
    do {
      this.#lastNumber = (this.#lastNumber % (SERVER_CHANNELS - 1)) + 1;
    } while (this.#channels.has(this.#lastNumber));
    return this.#add(this.#lastNumber);
  }

  #adopt(number: number): LaneChannel | undefined {
    if (number < SERVER_CHANNELS || this.#channels.has(number) || this.#channels.size >= 2 * MAX_CHANNELS) {
      this.#finish(laneProtocol(this.peer, 'a connection on a channel that cannot be'));
      return undefined;
    }
    return this.#add(number);
  }

  #add(number: number): LaneChannel {
    const channel = new LaneChannel(this.#host, number);
    this.#channels.set(number, channel);
    return channel;
  }

  #feed(chunk: Buffer): void {
    if (this.#fault !== undefined) return;
    this.#unheard = 0;
    try {
      this.#decoder.push(chunk);
    } catch (error) {
      if (!isFault(error)) throw error;
      this.#finish(error);
    }
  }

  #receive(frame: Frame): void {
    if (frame.channel === 0) {
      if (frame.type !== TYPE.PONG) this.#finish(laneProtocol(this.peer, `type ${frame.type} on channel 0`));
      else this.#pings.get(frame.payload.toString('hex'))?.();
      return;
    }
    this.#channels.get(frame.channel)?.receive(frame); // one that is not open: it crossed an end
  }

  /** Asks a server that says nothing, and gives it up when it does not answer. */
  #listen(): void {
    if (this.#channels.size === 0) return;
    this.#unheard += 1;
    if (this.#unheard > 4) this.#lost('it says nothing any more');
    else if (this.#unheard > 1) this.#wire.send(0, TYPE.PING);
  }

  #throwIfEnded(): void {
    if (this.#fault === undefined) return;
    const { kind, code, message, hint } = this.#fault;
    // Nothing of this call was sent.
    throw new Fault(kind, code, message, { cause: this.#fault, ...(hint === undefined ? {} : { hint }) });
  }

  #lost(why: string, cause?: unknown): void {
    const fault = laneLost(this.peer, why, cause);
    if (this.#fault !== undefined) return;
    if (this.#reasonMs === 0) {
      this.#finish(fault);
      return;
    }
    this.#stop(fault, 'at once');
    this.#untold = setTimeout(() => this.#tell(fault), this.#reasonMs);
  }

  #finish(fault: Fault, manner: 'in order' | 'at once' = 'at once'): void {
    if (this.#fault !== undefined) return;
    this.#stop(fault, manner);
    this.#tell(fault);
  }

  #stop(fault: Fault, manner: 'in order' | 'at once'): void {
    this.#fault = fault;
    clearInterval(this.#watch);
    this.#decoder.stop();
    this.#wire.close();
    if (manner === 'in order') this.#closeStream();
    else this.#stream.destroy();
  }

  #tell(fault: Fault): void {
    clearTimeout(this.#untold);
    this.#untold = undefined;
    this.#fault = fault;
    for (const channel of [...this.#channels.values()]) channel.break(fault);
    this.#end.resolve(fault);
  }

  /** What was said last, such as QUIT, still goes out; a server that reads nothing holds nobody up. */
  #closeStream(): void {
    const giveUp = setTimeout(() => this.#stream.destroy(), PARTING_MS);
    this.#stream.once('close', () => clearTimeout(giveUp));
    this.#stream.end(() => this.#stream.destroy());
  }
}
