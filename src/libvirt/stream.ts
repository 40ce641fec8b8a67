// A stream of bytes from and to a domain: its console, a channel, a picture of its screen.
import { Fault } from '../base/index.ts';
import { attempt } from './fault.ts';
import type { NativeStream } from './native-domain.ts';

// A message of libvirt's stream protocol takes 256 KiB at most.
const WRITE_BYTES = 128 * 1024;
/** Bytes handed over that libvirt has not taken yet; one more write is refused. */
const MAX_UNSENT = 1024 * 1024;

export interface StreamOptions {
  /**
   * Bytes that may wait to be read; more end the stream with `LIBVIRT_STREAM_OVERRUN`, because libvirt cannot be asked
   * to wait. Default 4 MiB for consoles and channels, 64 MiB for a picture.
   */
  readonly maxUnread?: number;
}

/**
 * Read it as an async iterable, once. It has a connection of its own to libvirt, so that a guest that does not read
 * holds up nothing else; when it takes nothing for as long as keep-alive lasts (half a minute), the stream fails with
 * `LIBVIRT_CONNECTION_LOST`. Dispose of it when done; the connection that it was opened with takes it along.
 */
export class Stream implements AsyncIterableIterator<Buffer, undefined>, AsyncDisposable {
  readonly #native: NativeStream;
  readonly #what: string;
  #unsent = 0;
  #over = false;

  /** `what` names the stream in faults: "the console of domain a". */
  constructor(native: NativeStream, what: string) {
    this.#native = native;
    this.#what = what;
  }

  /** The next bytes, as many as there are. */
  async next(): Promise<IteratorResult<Buffer, undefined>> {
    if (this.#over) return { done: true, value: undefined };
    const bytes = await this.#try('read', () => this.#native.read());
    if (bytes === undefined) return { done: true, value: undefined };
    return { done: false, value: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
  }

  async return(): Promise<IteratorResult<Buffer, undefined>> {
    this.abort();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Returns when libvirt has taken the bytes; wait for it before the next. Throws `LIBVIRT_QUEUE_FULL`. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#unsent > 0 && this.#unsent + bytes.byteLength > MAX_UNSENT) {
      throw new Fault(
        'exhausted',
        'LIBVIRT_QUEUE_FULL',
        `Too many bytes wait to be written to ${this.#what}`,
        {
          hint: 'Wait for each write to end.',
        },
      );
    }
    this.#unsent += bytes.byteLength;
    try {
      const parts = [];
      for (let at = 0; at < bytes.byteLength; at += WRITE_BYTES) {
        parts.push(this.#try('write to', () => this.#native.write(bytes.subarray(at, at + WRITE_BYTES))));
      }
      await Promise.all(parts);
    } finally {
      this.#unsent -= bytes.byteLength;
    }
  }

  /** Ends the stream in order, after what was written. */
  async finish(): Promise<void> {
    await this.#try('finish', () => this.#native.finish());
  }

  /** Ends the stream now; calls that wait fail with `LIBVIRT_ABORTED`. Safe to call twice, and after the end. */
  abort(): void {
    this.#over = true;
    this.#native.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.abort();
  }

  async #try<T>(act: string, call: () => Promise<T>): Promise<T> {
    return await attempt(`${act} ${this.#what}`, call);
  }
}
