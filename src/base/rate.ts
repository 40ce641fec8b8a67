// How often a source may come: a bucket of tokens for each, and an end to how many sources are remembered.

const BURST = 5;
/** Sources that are remembered; the one that was quiet longest is forgotten first. */
const MOST_SOURCES = 10_000;

/** A bucket of tokens for each source. */
export class Rate {
  readonly #perSecond: number;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** Whether `source` may come now. `nowMs` of a clock that never goes back. */
  admits(source: string, nowMs: number): boolean {
    const full = this.#perSecond * BURST;
    const { tokens, at } = this.#buckets.get(source) ?? { tokens: full, at: nowMs };
    const there = Math.min(full, tokens + ((nowMs - at) / 1000) * this.#perSecond);
    this.#buckets.delete(source);
    this.#buckets.set(source, { tokens: there >= 1 ? there - 1 : there, at: nowMs });
    this.#forget();
    return there >= 1;
  }

  #forget(): void {
    if (this.#buckets.size <= MOST_SOURCES) return;
    const oldest = this.#buckets.keys().next();
    if (oldest.done !== true) this.#buckets.delete(oldest.value);
  }
}
