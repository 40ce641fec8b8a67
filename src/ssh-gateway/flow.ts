// Backpressure of one client's socket, which ssh2 leaves to its user: it hands every packet on, whether the client reads
// or not, and keeps packets in memory while keys are exchanged. A client may open as large a window as it likes.
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A client that began a key exchange and does not end it holds its channels up for so long at most. */
const KEY_EXCHANGE_MS = 60_000;

export class Flow {
  readonly #socket: Socket;
  readonly #limit: number;
  readonly #onStall: () => void;
  #keyExchange: PromiseWithResolvers<void> | undefined;
  #drained: Promise<void> | undefined;

  /** `onStall` is told of a key exchange that does not end. */
  constructor(socket: Socket, limit: number, onStall: () => void) {
    this.#socket = socket;
    this.#limit = limit;
    this.#onStall = onStall;
    socket.once('close', () => this.keysAgreed());
  }

  /** Bytes that the socket was given so far, sent or not. */
  get handedOver(): number {
    return this.#socket.bytesWritten;
  }

  /** What was just written did not come out: keys are being exchanged. */
  held(): void {
    if (this.#keyExchange !== undefined || this.#socket.destroyed) return;
    const exchange = Promise.withResolvers<void>();
    this.#keyExchange = exchange;
    const watch = new AbortController();
    void exchange.promise.then(() => watch.abort());
    sleep(KEY_EXCHANGE_MS, undefined, { signal: watch.signal, ref: false }).then(this.#onStall, ignore);
  }

  /** The exchange is over, or the client is gone. */
  keysAgreed(): void {
    this.#keyExchange?.resolve();
    this.#keyExchange = undefined;
  }

  /** Resolves when there is room to write more, or nobody to write to. */
  async room(): Promise<void> {
    await this.#keyExchange?.promise;
    if (this.#socket.destroyed || this.#socket.writableLength <= this.#limit) return;
    this.#drained ??= this.#waitForDrain();
    await this.#drained;
  }

  async #waitForDrain(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#socket.once('drain', resolve);
    this.#socket.once('close', resolve);
    await promise;
    this.#socket.off('drain', resolve);
    this.#socket.off('close', resolve);
    this.#drained = undefined;
  }
}

function ignore(): void {
  // the exchange ended in time
}
