// A circuit breaker: after a hang, calls fail at once for a while, and then one of them tries.
// Knows times; knows no agent.

export interface BreakerOptions {
  /** The first pause after a hang and the longest one, in milliseconds; it doubles in between. */
  readonly firstPauseMs?: number;
  readonly longestPauseMs?: number;
  /** A clock in milliseconds. */
  readonly now?: () => number;
}

export type BreakerState =
  | { readonly kind: 'closed' }
  | { readonly kind: 'open'; readonly remainingMs: number }
  /** The pause is over: the next call should find out cheaply whether the other side is back. */
  | { readonly kind: 'probing' };

/** Remembers hangs. The holder asks before a call and reports after it. */
export class Breaker {
  readonly #first: number;
  readonly #longest: number;
  readonly #now: () => number;
  #pauseMs = 0;
  #until = 0;

  constructor(options: BreakerOptions = {}) {
    this.#first = options.firstPauseMs ?? 2000;
    this.#longest = options.longestPauseMs ?? 60_000;
    this.#now = options.now ?? (() => performance.now());
  }

  get state(): BreakerState {
    if (this.#pauseMs === 0) return { kind: 'closed' };
    const remainingMs = this.#until - this.#now();
    return remainingMs > 0 ? { kind: 'open', remainingMs } : { kind: 'probing' };
  }

  /** The other side hung. */
  trip(): void {
    this.#pauseMs = Math.min(this.#longest, this.#pauseMs === 0 ? this.#first : this.#pauseMs * 2);
    this.#until = this.#now() + this.#pauseMs;
  }

  /** The other side answered, or is known to be a new one. */
  reset(): void {
    this.#pauseMs = 0;
  }
}
