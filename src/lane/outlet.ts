// What we send on a channel's stdin, as a Writable that stays within the server's credit and the wire's room.
import { Writable } from 'node:stream';
import { blankFrame, FIRST_CREDIT, HEAD_BYTES, MAX_CREDIT, MAX_PAYLOAD, STDIN, TYPE } from './frame.ts';
import type { Wire } from './wire.ts';

/** What a stream takes before it tells its writer to wait. */
export const WRITE_BYTES = 256 * 1024;

export type Done = (error?: Error | null) => void;

/** Cuts what is written into frames, and sends them as credit and wire allow. */
export class Sender {
  readonly #wire: Wire;
  readonly #channel: number;
  #credit = FIRST_CREDIT;
  /** What is under way: pieces, and how far the first of them has been sent. */
  #pieces: Buffer[] = [];
  #offset = 0;
  #length = 0;
  #sent = 0;
  #done: Done | undefined;
  #isWaiting = false;
  #hasEnded = false;

  constructor(wire: Wire, channel: number) {
    this.#wire = wire;
    this.#channel = channel;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Bytes on the wire so far. */
  get sent(): number {
    return this.#sent;
  }

  /** WINDOW. False when the credit would go above what the protocol allows. */
  grant(bytes: number): boolean {
    this.#credit += bytes;
    if (this.#credit > MAX_CREDIT) return false;
    this.#pump();
    return true;
  }

  /** One piece of work at a time; `done` is called when all of it is on the wire. */
  start(pieces: Buffer[], done: Done): void {
    this.#pieces = pieces;
    this.#offset = 0;
    this.#length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    this.#done = done;
    this.#pump();
  }

  /** Sends EOF. */
  end(): void {
    this.#hasEnded = true;
    this.#wire.send(this.#channel, TYPE.EOF, STDIN);
  }

  /** Forgets what was not sent. */
  drop(): void {
    this.#pieces = [];
    this.#length = 0;
    this.#done = undefined;
  }

  #pump(): void {
    if (this.#isWaiting) return;
    while (this.#length > 0 && this.#credit > 0) {
      if (this.#wire.isFull) {
        this.#wait();
        return;
      }
      this.#wire.write(this.#nextFrame(Math.min(this.#length, this.#credit, MAX_PAYLOAD)));
    }
    const done = this.#done;
    if (this.#length > 0 || done === undefined) return;
    this.#done = undefined;
    done();
  }

  #wait(): void {
    this.#isWaiting = true;
    this.#wire.whenFree(() => {
      this.#isWaiting = false;
      this.#pump();
    });
  }

  #nextFrame(length: number): Buffer {
    const { session } = this.#wire;
    const head = { session, channel: this.#channel, type: TYPE.DATA, stream: STDIN };
    const frame = blankFrame(head, length);
    for (let filled = 0; filled < length; ) {
      const piece = this.#pieces[0] ?? Buffer.alloc(0);
      const taken = piece.copy(frame, HEAD_BYTES + filled, this.#offset, this.#offset + length - filled);
      filled += taken;
      this.#offset += taken;
      if (this.#offset < piece.length) continue;
      this.#pieces.shift();
      this.#offset = 0;
    }
    this.#length -= length;
    this.#credit -= length;
    this.#sent += length;
    return frame;
  }
}

export interface OutletOptions {
  /** Called at the stream's end, when EOF has been sent; `done` lets the stream finish. */
  readonly onEnd?: (done: Done) => void;
  /** It was destroyed before its end. */
  readonly onAbandoned?: () => void;
}

/** A channel's stream to be written. */
export class Outlet extends Writable {
  readonly #sender: Sender;
  readonly #options: OutletOptions;

  constructor(sender: Sender, options: OutletOptions = {}) {
    super({ highWaterMark: WRITE_BYTES });
    this.#sender = sender;
    this.#options = options;
    this.on('error', () => {}); // told by promises too; without a listener Node would end the process
  }

  override _write(chunk: Buffer, _encoding: string, done: Done): void {
    this.#sender.start([chunk], done);
  }

  override _writev(chunks: readonly { chunk: Buffer }[], done: Done): void {
    this.#sender.start(piecesOf(chunks), done);
  }

  override _final(done: Done): void {
    this.#sender.end();
    if (this.#options.onEnd === undefined) done();
    else this.#options.onEnd(done);
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#sender.drop();
    if (!this.#sender.hasEnded) this.#options.onAbandoned?.();
    done(error);
  }
}

/** What Node gives to _writev. */
export function piecesOf(chunks: readonly { chunk: Buffer }[]): Buffer[] {
  return chunks.map(({ chunk }) => chunk);
}
