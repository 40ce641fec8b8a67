// What the server sends on one stream, as a Readable that gives credit back as it is read.
import { Readable } from 'node:stream';
import { FIRST_CREDIT } from './frame.ts';

/** What a stream holds for its reader, besides what the server may send on credit. */
export const READ_BYTES = 64 * 1024;
/** A smaller piece is copied, so that a byte that nobody reads does not hold a whole chunk of the socket's. */
const COPY_BELOW = 16 * 1024;
const BLOCK_BYTES = 4096;

export interface IntakeOptions {
  /** Lets the server send so many bytes more. */
  readonly grant: (bytes: number) => void;
  /** Asked once, when the reader has shown that it reads: how far the credit may be raised above the first. */
  readonly raise: () => number;
}

/**
 * Between the frames and a stream: holds at most the credit that the server has. Credit goes back in quarters, when the
 * bytes have been handed on.
 */
export class Intake {
  readonly #options: IntakeOptions;
  #push: (piece: Buffer | null) => boolean = () => false;
  /** What came and was not asked for yet. */
  #queue: Buffer[] = [];
  /** How far the last piece of the queue is filled, when it is a block for small pieces; else -1. */
  #filled = -1;
  /** What the server may still send. */
  #credit = FIRST_CREDIT;
  #window = FIRST_CREDIT;
  #handedOn = 0;
  #isWanted = false;
  #isDropping = false;
  #hasEnd = false;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Whether the server has said that nothing more comes. */
  get isComplete(): boolean {
    return this.#hasEnd;
  }

  /** Sets where the bytes go; `push` answers whether it wants more at once. */
  attach(push: (piece: Buffer | null) => boolean): void {
    this.#push = push;
  }

  /** Bytes from the server. False when it had no credit for them. */
  take(payload: Buffer): boolean {
    this.#credit -= payload.length;
    if (this.#credit < 0) return false;
    if (this.#isDropping) this.#handed(payload.length);
    else if (this.#isWanted && this.#queue.length === 0) this.#pass(own(payload));
    else this.#enqueue(payload);
    return true;
  }

  /** The server's EOF. */
  finish(): void {
    this.#hasEnd = true;
    if (this.#queue.length === 0) this.#push(null);
  }

  /** The reader asks for bytes. */
  want(): void {
    this.#isWanted = true;
    while (this.#isWanted) {
      const piece = this.#dequeue();
      if (piece === undefined) break;
      this.#pass(piece);
    }
    if (this.#hasEnd && this.#queue.length === 0) this.#push(null);
  }

  /** Nobody reads any more: what is held and what still comes is dropped, and credit given for it. */
  drop(): void {
    const left = this.#queue.reduce((sum, piece) => sum + piece.length, 0);
    this.#queue = [];
    this.#filled = -1;
    this.#isDropping = true;
    this.#handed(left);
  }

  #pass(piece: Buffer): void {
    this.#isWanted = this.#push(piece);
    this.#handed(piece.length);
  }

  #handed(bytes: number): void {
    this.#handedOn += bytes;
    if (this.#hasEnd || this.#handedOn < this.#window / 4) return;
    const raised = this.#window === FIRST_CREDIT ? this.#options.raise() : 0;
    const given = this.#handedOn + raised;
    this.#window += raised;
    this.#handedOn = 0;
    this.#credit += given;
    this.#options.grant(given);
  }

  #enqueue(payload: Buffer): void {
    if (payload.length >= COPY_BELOW) {
      this.#seal();
      this.#queue.push(payload);
      return;
    }
    for (let at = 0; at < payload.length; ) {
      const block = this.#filled >= 0 ? this.#queue.at(-1) : undefined;
      if (block === undefined || this.#filled === block.length) {
        this.#seal();
        this.#queue.push(Buffer.allocUnsafeSlow(Math.max(BLOCK_BYTES, payload.length - at)));
        this.#filled = 0;
        continue;
      }
      const copied = payload.copy(block, this.#filled, at);
      this.#filled += copied;
      at += copied;
    }
  }

  /** Ends the block of small pieces. */
  #seal(): void {
    const block = this.#filled >= 0 ? this.#queue.pop() : undefined;
    if (block !== undefined) this.#queue.push(block.subarray(0, this.#filled));
    this.#filled = -1;
  }

  #dequeue(): Buffer | undefined {
    if (this.#queue.length <= 1) this.#seal();
    return this.#queue.shift();
  }
}

/** A channel's stream to be read. Destroyed before its end, it drops what comes. */
export class Inlet extends Readable {
  readonly #intake: Intake;
  readonly #onAbandoned: () => void;

  constructor(intake: Intake, onAbandoned: () => void = () => {}) {
    super({ highWaterMark: READ_BYTES });
    this.#intake = intake;
    this.#onAbandoned = onAbandoned;
    intake.attach((piece) => this.push(piece));
    this.on('error', () => {}); // told by promises too; without a listener Node would end the process
  }

  override _read(): void {
    this.#intake.want();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const isEarly = !this.#intake.isComplete;
    this.#intake.drop();
    if (isEarly) this.#onAbandoned();
    done(error);
  }
}

/** Outside Node's pool of small buffers too: a part of it that is kept would keep its neighbours. */
function own(payload: Buffer): Buffer {
  if (payload.length >= COPY_BELOW) return payload;
  const copy = Buffer.allocUnsafeSlow(payload.length);
  payload.copy(copy);
  return copy;
}
