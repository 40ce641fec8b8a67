// The way out: frames of one session onto a stream, with the data of all channels taking turns when it is full.
// Knows nothing of what the frames mean.
import type { Duplex } from 'node:stream';
import { encodeFrame } from './frame.ts';

/** What may wait to be written besides data: a peer that reads nothing is not fed without end. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;

export class Wire {
  readonly session: number;
  readonly #stream: Duplex;
  readonly #onStuck: () => void;
  #waiting: (() => void)[] = [];
  #isClosed = false;

  /** `onStuck` is called when the other end does not read what it must. */
  constructor(stream: Duplex, session: number, onStuck: () => void) {
    this.#stream = stream;
    this.session = session;
    this.#onStuck = onStuck;
    stream.on('drain', () => this.#drained());
  }

  /** Whether data should wait for `whenFree`. */
  get isFull(): boolean {
    return this.#stream.writableNeedDrain;
  }

  /** A frame without data; never waits. */
  send(channel: number, type: number, stream = 0, payload?: Uint8Array): void {
    this.write(encodeFrame({ session: this.session, channel, type, stream }, payload));
  }

  /** A whole frame. */
  write(frame: Buffer): void {
    if (this.#isClosed) return;
    this.#stream.write(frame);
    if (this.#stream.writableLength > MAX_WAITING_BYTES) this.#onStuck();
  }

  /** Calls back once when there is room again; who still has something to say then asks again, behind the others. */
  whenFree(go: () => void): void {
    this.#waiting.push(go);
  }

  close(): void {
    this.#isClosed = true;
    this.#waiting = [];
  }

  #drained(): void {
    while (!this.isFull) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      next();
    }
  }
}
