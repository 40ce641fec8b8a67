// What is open, counted by key and in all: for doors that say no when too many come.

/** Counts what is open, by key and in all. */
export class Counter {
  readonly #perKey = new Map<string, number>();
  #all = 0;

  get all(): number {
    return this.#all;
  }

  of(key: string): number {
    return this.#perKey.get(key) ?? 0;
  }

  /** Takes a place and returns how to give it back, or undefined where none is free. */
  take(key: string, mostPerKey: number, mostInAll: number): (() => void) | undefined {
    return this.of(key) >= mostPerKey || this.#all >= mostInAll ? undefined : this.add(key);
  }

  /** Takes a place in any case, and returns how to give it back. */
  add(key: string): () => void {
    this.#perKey.set(key, this.of(key) + 1);
    this.#all += 1;
    let isHeld = true;
    return () => {
      if (isHeld) this.#giveBack(key);
      isHeld = false;
    };
  }

  #giveBack(key: string): void {
    const left = this.of(key) - 1;
    this.#all -= 1;
    if (left === 0) this.#perKey.delete(key);
    else this.#perKey.set(key, left);
  }
}
