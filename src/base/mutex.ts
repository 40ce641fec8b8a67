// Taking turns inside one process: a fair counting gate, and a map of gates by key.
import { throwIfCancelled } from './deadline.ts';

/** Lets at most `limit` holders in at once; waiters enter in the order in which they came. */
export class Gate {
  readonly #limit: number;
  #inside = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Runs `work` as soon as there is room. A cancelled waiter leaves the queue. */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.#enter(signal);
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  get idle(): boolean {
    return this.#inside === 0 && this.#waiting.length === 0;
  }

  async #enter(signal: AbortSignal | undefined): Promise<void> {
    throwIfCancelled(signal, 'a turn');
    if (this.#inside < this.#limit) {
      this.#inside += 1;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    const onAbort = () => {
      const at = this.#waiting.indexOf(resolve);
      if (at < 0) return; // its turn has come already
      this.#waiting.splice(at, 1);
      try {
        throwIfCancelled(signal, 'a turn');
      } catch (error) {
        reject(error);
      }
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      await promise;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#inside -= 1;
    else next(); // the place goes straight to the next one
  }
}

/** One Gate of one per key; keys nobody holds take no memory. */
export class KeyedMutex {
  readonly #gates = new Map<string, Gate>();

  async run<T>(key: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const gate = this.#gates.get(key) ?? new Gate(1);
    this.#gates.set(key, gate);
    try {
      return await gate.run(work, signal);
    } finally {
      if (gate.idle && this.#gates.get(key) === gate) this.#gates.delete(key);
    }
  }
}
