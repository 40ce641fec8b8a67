// Text of a stream up to a limit; the rest is read and dropped, so that whoever writes it never waits.
import type { Readable } from 'node:stream';

/** As many bytes as the agent's road keeps. */
const DEFAULT_LIMIT = 16 * 1024 * 1024;

export class LimitedText {
  readonly #limit: number;
  readonly #pieces: Buffer[] = [];
  #length = 0;
  #isCut = false;

  constructor(limit = DEFAULT_LIMIT) {
    this.#limit = limit;
  }

  /** Whether more came than is kept. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** Decoded as UTF-8. */
  get text(): string {
    return Buffer.concat(this.#pieces).toString('utf8');
  }

  /** Reads the stream to its end. */
  async read(stream: Readable): Promise<void> {
    for await (const chunk of stream) {
      const bytes: Buffer = chunk;
      const part = bytes.subarray(0, this.#limit - this.#length);
      this.#isCut ||= part.length < bytes.length;
      if (part.length === 0) continue;
      this.#pieces.push(part);
      this.#length += part.length;
    }
  }
}
