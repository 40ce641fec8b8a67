// One channel of a session: opened by a request, told its frames, ended from either side. What the frames mean to a
// program, a file or a connection stands in their own files.
import { type Fault, within } from '../base/index.ts';
import { LaneRefusal, laneLost, laneProtocol, PLACES, requestTooLarge, UNANSWERED } from './faults.ts';
import { decodeFields, type Fields, FieldsBroken, type FieldWriter, TAG } from './fields.ts';
import { type Frame, SERVER_CHANNELS, type STDERR, STDIN, type STDOUT, TYPE } from './frame.ts';
import { Intake } from './inlet.ts';
import { Sender } from './outlet.ts';
import type { Wire } from './wire.ts';

/** What a session lends to its channels. */
export interface ChannelHost {
  readonly peer: string;
  readonly wire: Wire;
  /** How long the server may take to open or close a channel. */
  readonly answerMs: number;
  /** Takes credit from the session's allowance; gives what it got. */
  raise(): number;
  lower(bytes: number): void;
  /** The number is free again. */
  release(number: number): void;
  /** The server broke the protocol: ends the session. */
  violated(why: string): void;
}

/** What becomes of a channel's frames; calls come in the order of the frames. */
export interface ChannelEvents {
  onEof?(stream: number, digest: string | undefined): void;
  onExit?(exitCode: number, signal: number): void;
  onAccepted?(fields: Fields): void;
  /** Broken off by the server or with the session (a fault), or closed by us. Once at most, and not after `finish`. */
  onOver(fault: Fault | undefined): void;
}

/** What asks for a channel. */
export interface Request {
  readonly type: number;
  readonly fields: FieldWriter;
  readonly what: string;
}

type State = 'opening' | 'open' | 'closing' | 'ended';

const DIGEST_BYTES = 64;
const NOTHING: ChannelEvents = { onOver: () => {} };

export class LaneChannel {
  readonly number: number;
  readonly #host: ChannelHost;
  readonly #intakes = new Map<number, Intake>();
  readonly #answer = Promise.withResolvers<Fields>();
  readonly #over = Promise.withResolvers<void>();
  #sender: Sender | undefined;
  #events: ChannelEvents = NOTHING;
  #state: State;
  /** Whether the server has heard of it. */
  #isAsked = false;
  #raised = 0;

  constructor(host: ChannelHost, number: number) {
    this.#host = host;
    this.number = number;
    this.#state = number >= SERVER_CHANNELS ? 'open' : 'opening';
    this.#answer.promise.catch(() => {}); // awaited by open() only
  }

  get peer(): string {
    return this.#host.peer;
  }

  get isOver(): boolean {
    return this.#state === 'ended';
  }

  /** Whether we have asked for its end. */
  get isClosing(): boolean {
    return this.#state === 'closing';
  }

  /** Sets who hears of this channel; before `open`. */
  listen(events: ChannelEvents): void {
    this.#events = events;
  }

  /** For a stream that the server fills. */
  intake(stream: typeof STDOUT | typeof STDERR): Intake {
    const intake = new Intake({
      grant: (bytes) => this.send(TYPE.WINDOW, stream, integers(bytes)),
      raise: () => {
        const got = this.#host.raise();
        this.#raised += got;
        return got;
      },
    });
    this.#intakes.set(stream, intake);
    return intake;
  }

  /** For the stream that we fill. */
  sender(): Sender {
    this.#sender = new Sender(this.#host.wire, this.number);
    return this.#sender;
  }

  /**
   * Asks for the channel and waits for its fields. Throws `LaneRefusal`, `LANE_UNANSWERED`, and the session's fault.
   * Given up, it is closed behind the caller's back.
   */
  async open<T>(request: Request, decode: (fields: Fields) => T, signal?: AbortSignal): Promise<T> {
    const { peer, answerMs } = this.#host;
    if (!request.fields.fits) {
      this.#end();
      throw requestTooLarge(peer, request.what, request.fields.length);
    }
    try {
      const answer = await within(
        answerMs,
        `${request.what} on ${peer}`,
        () => {
          this.#ask(request);
          return this.#answer.promise;
        },
        { signal, code: UNANSWERED.code, outcome: 'unknown' },
      );
      return this.#read(() => decode(answer));
    } catch (error) {
      this.abandon();
      throw error instanceof Refused ? new LaneRefusal(peer, request.what, error) : error;
    }
  }

  send(type: number, stream = 0, payload?: Uint8Array): void {
    if (this.#state === 'open') this.#host.wire.send(this.number, type, stream, payload);
  }

  receive(frame: Frame): void {
    switch (frame.type) {
      case TYPE.DATA:
        this.#data(frame);
        break;
      case TYPE.EOF:
        this.#eof(frame);
        break;
      case TYPE.WINDOW:
        this.#window(frame);
        break;
      case TYPE.OPENED:
        this.#opened(frame.payload);
        break;
      case TYPE.FAILED:
        this.#failed(frame.payload);
        break;
      case TYPE.CLOSE:
        this.#closed(frame.payload);
        break;
      case TYPE.EXIT:
        this.#exited(frame.payload);
        break;
      case TYPE.ACCEPTED:
        this.#accepted(frame.payload);
        break;
      default:
        this.violated(`a frame of type ${frame.type}`);
    }
  }

  /** The server broke the protocol. */
  violated(why: string): void {
    this.#host.violated(why);
  }

  /** It has ended by itself: nothing more is said of it. */
  finish(): void {
    if (this.#state === 'ended') return;
    this.#end();
  }

  /** Has the server end it; resolves once it has said so, or the channel ended by itself meanwhile. */
  async close(): Promise<void> {
    this.abandon();
    const { peer, answerMs } = this.#host;
    await within(answerMs, `the end of a channel of ${peer}`, () => this.#over.promise, {
      code: UNANSWERED.code,
      outcome: 'unknown',
    });
  }

  /** The same without waiting. */
  abandon(): void {
    if (this.#state === 'opening' && !this.#isAsked) this.#end();
    if (this.#state !== 'open' && this.#state !== 'opening') return;
    this.#state = 'closing';
    this.#host.wire.send(this.number, TYPE.CLOSE);
  }

  /** The session has ended. */
  break(fault: Fault): void {
    if (this.#state === 'ended') return;
    this.#answer.reject(fault);
    this.#end();
    this.#tear(fault);
  }

  /** The frames of one order go out together; a long one waits for room first, as data does. */
  #ask(request: Pick<Request, 'type' | 'fields'>): void {
    if (this.#state !== 'opening') return;
    const { wire } = this.#host;
    const [more, last] = request.fields.payloads();
    if (more.length > 0 && wire.isFull) {
      wire.whenFree(() => this.#ask(request));
      return;
    }
    this.#isAsked = true;
    for (const payload of more) wire.send(this.number, TYPE.MORE, 0, payload);
    wire.send(this.number, request.type, 0, last);
  }

  #opened(payload: Buffer): void {
    if (this.#state === 'closing') return;
    if (this.#state !== 'opening') this.violated('a channel opened twice');
    else {
      const fields = this.#fields(payload);
      this.#state = 'open';
      this.#answer.resolve(fields);
    }
  }

  #data({ stream, payload }: Frame): void {
    const intake = this.#intakes.get(stream);
    if (intake === undefined || payload.length === 0 || intake.isComplete || this.#state === 'opening')
      this.violated('data on a stream that cannot have any');
    else if (!intake.take(payload)) this.violated('more data than there was credit for');
  }

  #eof({ stream, payload }: Frame): void {
    const intake = this.#intakes.get(stream);
    const hasStream = stream === STDIN ? this.#sender !== undefined : intake?.isComplete === false;
    const isSized = payload.length === 0 || payload.length === DIGEST_BYTES;
    if (this.#state === 'opening' || !hasStream || !isSized) {
      this.violated('an end of file that cannot be');
      return;
    }
    intake?.finish();
    this.#events.onEof?.(stream, payload.length === 0 ? undefined : payload.toString('hex'));
  }

  #window({ stream, payload }: Frame): void {
    if (payload.length !== 4 || stream !== STDIN) this.violated('a window that cannot be');
    else if (this.#sender?.grant(payload.readUInt32BE(0)) === false)
      this.violated('more credit than the protocol allows');
  }

  #exited(payload: Buffer): void {
    const { onExit } = this.#events;
    if (onExit === undefined || payload.length !== 8 || this.#state === 'opening')
      this.violated('an exit that nothing can have');
    else onExit(payload.readUInt32BE(0), payload.readUInt32BE(4));
  }

  #accepted(payload: Buffer): void {
    const { onAccepted } = this.#events;
    if (onAccepted === undefined || this.#state === 'opening')
      this.violated('a connection to a channel that does not listen');
    else onAccepted(this.#fields(payload));
  }

  #failed(payload: Buffer): void {
    if (this.#state !== 'opening' && this.#state !== 'closing') {
      this.violated('an open channel failed to open');
      return;
    }
    this.#answer.reject(new Refused(this.#reason(payload)));
    this.#end();
    this.#tear(laneLost(this.peer, 'the channel did not open'));
  }

  #closed(payload: Buffer): void {
    if (this.#state === 'opening') {
      this.violated('a channel closed that was never open');
      return;
    }
    const isAnswer = this.#state === 'closing' && payload.length === 0;
    const fault = isAnswer
      ? undefined
      : new LaneRefusal(this.peer, 'what it was doing', this.#reason(payload), 'unknown');
    this.#end();
    this.#tear(fault);
  }

  #end(): void {
    this.#state = 'ended';
    this.#host.release(this.number);
    this.#host.lower(this.#raised);
    this.#over.resolve();
  }

  #tear(fault: Fault | undefined): void {
    this.#answer.reject(fault ?? laneLost(this.peer, 'the channel was closed'));
    this.#events.onOver(fault);
  }

  #fields(payload: Buffer): Fields {
    return this.#read(() => decodeFields(payload));
  }

  #reason(payload: Buffer): Reason {
    const fields = this.#fields(payload);
    return this.#read(() => {
      const word = fields.text(TAG.WHERE, 16);
      const where = PLACES.find((place) => place === word);
      if (where === undefined) throw new FieldsBroken('a place that is not known');
      return { errno: fields.integer(TAG.ERRNO), where };
    });
  }

  /** What cannot be decoded ends the session, and is thrown as its fault. */
  #read<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof FieldsBroken)) throw error;
      this.violated(error.message);
      throw laneProtocol(this.peer, error.message);
    }
  }
}

type Reason = Pick<LaneRefusal, 'errno' | 'where'>;

class Refused extends Error implements Reason {
  readonly errno: number;
  readonly where: Reason['where'];

  constructor({ errno, where }: Reason) {
    super('refused');
    this.errno = errno;
    this.where = where;
  }
}

/** Big-endian integers of four bytes. */
export function integers(...values: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(4 * values.length);
  for (const [at, value] of values.entries()) bytes.writeUInt32BE(value, 4 * at);
  return bytes;
}
