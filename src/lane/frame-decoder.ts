// Bytes in pieces of any size go in, whole frames come out. Knows no channel and no socket.
import type { Fault } from '../base/index.ts';
import { type Frame, HEAD_BYTES, MAX_PAYLOAD, TAIL_BYTES } from './frame.ts';
import { isWelcomeStart, MAX_FACTS, NONCE_BYTES, WELCOME_BYTES } from './hello.ts';

export interface DecoderOptions {
  /** The session's number. */
  readonly session: number;
  /** Of the session's hello. */
  readonly nonce: Buffer;
  /** Called for every frame, in order. It may stop the decoder. */
  readonly onFrame: (frame: Frame) => void;
  /** Bytes of another session: `lost`. Bytes that no frame can have: `corrupt`. */
  readonly refuse: (what: 'lost' | 'corrupt', why: string) => Fault;
}

/**
 * Holds at most one unfinished frame. A frame that came in one piece is handed on without copying. Repeated welcomes
 * (the answers to repeated hellos) may stand between frames and are passed over.
 */
export class FrameDecoder {
  readonly #options: DecoderOptions;
  #held = Buffer.alloc(0);
  #have = 0;
  #isStopped = false;

  constructor(options: DecoderOptions) {
    this.#options = options;
  }

  /** From here on bytes are dropped. */
  stop(): void {
    this.#isStopped = true;
    this.#held = Buffer.alloc(0);
    this.#have = 0;
  }

  /** Takes the next bytes; throws what `refuse` made, and is stopped then. */
  push(chunk: Buffer): void {
    let at = this.#have > 0 ? this.#fill(chunk) : 0;
    while (!this.#isStopped && chunk.length - at >= HEAD_BYTES) {
      const size = this.#measure(chunk, at);
      if (chunk.length - at < size) break;
      this.#emit(chunk, at, size);
      at += size;
    }
    if (!this.#isStopped && at < chunk.length) this.#hold(chunk, at);
  }

  /** Goes on with the frame that is held; gives how many bytes of the chunk it took. */
  #fill(chunk: Buffer): number {
    let at = 0;
    if (this.#have < HEAD_BYTES) {
      at = this.#take(chunk, 0, HEAD_BYTES);
      if (this.#have < HEAD_BYTES) return at;
      const head = this.#held;
      this.#held = Buffer.allocUnsafe(this.#measure(head, 0));
      head.copy(this.#held, 0, 0, HEAD_BYTES);
    }
    at += this.#take(chunk, at, this.#held.length);
    if (this.#have < this.#held.length) return at;
    const frame = this.#held;
    this.#have = 0;
    this.#emit(frame, 0, frame.length);
    return at;
  }

  #take(chunk: Buffer, at: number, upTo: number): number {
    const taken = chunk.copy(this.#held, this.#have, at, at + upTo - this.#have);
    this.#have += taken;
    return taken;
  }

  #hold(chunk: Buffer, at: number): void {
    const rest = chunk.length - at;
    this.#held = Buffer.allocUnsafe(rest < HEAD_BYTES ? HEAD_BYTES : this.#measure(chunk, at));
    this.#have = chunk.copy(this.#held, 0, at);
  }

  /** The whole length of what begins here, of which the head is there. */
  #measure(bytes: Buffer, at: number): number {
    const length = bytes.readUInt32BE(at + 12);
    if (isWelcomeStart(bytes, at)) {
      if (length > MAX_FACTS) throw this.#refuse('corrupt', `facts of ${length} bytes`);
      return WELCOME_BYTES + length;
    }
    if (bytes.readUInt32BE(at) !== this.#options.session)
      throw this.#refuse('lost', 'it speaks in another session, or bytes are missing');
    if (length > MAX_PAYLOAD) throw this.#refuse('corrupt', `a frame of ${length} bytes`);
    return HEAD_BYTES + length + TAIL_BYTES;
  }

  #emit(bytes: Buffer, at: number, size: number): void {
    if (isWelcomeStart(bytes, at)) {
      const nonce = bytes.subarray(at + WELCOME_BYTES - NONCE_BYTES, at + WELCOME_BYTES);
      if (!nonce.equals(this.#options.nonce)) throw this.#refuse('lost', 'it welcomes another session');
      return;
    }
    const end = at + size - TAIL_BYTES;
    if (bytes.readUInt32BE(end) !== this.#options.session)
      throw this.#refuse('lost', 'a frame does not end where it should: bytes are missing');
    if (bytes.readUInt16BE(at + 10) !== 0)
      throw this.#refuse('corrupt', 'a head with bits that mean nothing');
    this.#options.onFrame({
      channel: bytes.readUInt32BE(at + 4),
      type: bytes.readUInt8(at + 8),
      stream: bytes.readUInt8(at + 9),
      payload: bytes.subarray(at + HEAD_BYTES, end),
    });
  }

  #refuse(what: 'lost' | 'corrupt', why: string): Fault {
    this.stop();
    return this.#options.refuse(what, why);
  }
}
