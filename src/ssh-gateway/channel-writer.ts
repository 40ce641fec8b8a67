// The only way to write to a client's channel. ssh2 1.17 has three gaps here, each measured by a test
// (test/host/ssh-gateway/backpressure.test.ts) and closed by writing one piece at a time, of either stream:
// when standard output and standard error wait for the window together it wakes one of them only; it keeps a piece that
// waited and sends it again when the other stream waits later; and a write to a channel that was closed never calls back.
import type { ServerChannel } from 'ssh2';
import type { Client } from './client.ts';
import type { Flow } from './flow.ts';

const PIECE = 128 * 1024;
/** Where ssh2 keeps what waits for the window. */
const WAITING = ['_chunk', '_chunkcb', '_chunkErr', '_chunkcbErr'];

export class ChannelWriter {
  readonly #channel: ServerChannel;
  readonly #flow: Flow;
  readonly #client: Client;
  readonly #closed: AbortSignal;
  #last: Promise<unknown> = Promise.resolve();
  bytes = 0;

  /** `closed` fires when nobody reads the channel any more; writes are dropped from then on. */
  constructor(channel: ServerChannel, client: Client, closed: AbortSignal) {
    this.#channel = channel;
    this.#client = client;
    this.#flow = client.options.flow;
    this.#closed = closed;
  }

  /** Resolves when the client's window and its socket took all of it, or the channel is closed. */
  async write(to: 'stdout' | 'stderr', bytes: Uint8Array): Promise<void> {
    const mine = this.#last.then(() => this.#writePieces(to, bytes));
    this.#last = mine;
    await mine;
  }

  async #writePieces(to: 'stdout' | 'stderr', bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += PIECE) {
      await this.#flow.room();
      if (this.#closed.aborted) return;
      await this.#writePiece(to, Buffer.from(bytes.subarray(at, at + PIECE)));
    }
  }

  async #writePiece(to: 'stdout' | 'stderr', piece: Buffer): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const done = () => resolve();
    const before = this.#flow.handedOver;
    this.#closed.addEventListener('abort', done, { once: true });
    const stream = to === 'stdout' ? this.#channel : this.#channel.stderr;
    stream.write(piece, done);
    await promise;
    this.#closed.removeEventListener('abort', done);
    for (const key of WAITING) Reflect.set(this.#channel, key, undefined);
    this.bytes += piece.length;
    this.#client.touch();
    if (this.#flow.handedOver - before < piece.length && !this.#closed.aborted) this.#flow.held();
  }
}
