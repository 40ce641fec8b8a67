// The pauses between looks: short after news, longer in silence, ended at once when somebody begins to wait.

const FIRST_MS = 3;
const AFTER_NEWS_MS = 10;
const GROWTH = 1.3;
/** Up to here while something happened lately; a line then comes after half of it. */
const LONGEST_LIVELY_MS = 60;
const LONGEST_MS = 250;
const LIVELY_MS = 5000;

export class Pause {
  #ms = FIRST_MS;
  #newsAt = performance.now();
  #isWoken = false;
  #end: (() => void) | undefined;

  /** The next look follows at once, or after the shortest pause. */
  wake(): void {
    this.#ms = Math.min(this.#ms, AFTER_NEWS_MS);
    this.#isWoken = true;
    this.#end?.();
  }

  /** Resolves when it is time for the next look. */
  async next(hasNews: boolean): Promise<void> {
    const now = performance.now();
    if (hasNews) {
      this.#newsAt = now;
      this.#ms = Math.min(this.#ms, AFTER_NEWS_MS);
    }
    const longest = now - this.#newsAt < LIVELY_MS ? LONGEST_LIVELY_MS : LONGEST_MS;
    const ms = Math.min(longest, this.#ms);
    this.#ms = Math.min(LONGEST_MS, ms * GROWTH);
    if (!this.#isWoken) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, ms);
      this.#end = resolve;
      await promise;
      clearTimeout(timer);
      this.#end = undefined;
    }
    this.#isWoken = false;
  }
}
