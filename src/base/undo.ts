// An undo stack: what was set up is taken back, newest first, even when the taking back fails.

interface UndoEntry {
  readonly what: string;
  readonly back: () => Promise<void> | void;
}

/**
 * Collects the ways back while something is built. Disposal runs them newest first unless `keep()` was
 * called; failures of single ways back are collected, reported to `onFailure`, and never stop the rest.
 */
export class Undo implements AsyncDisposable {
  #entries: UndoEntry[] = [];
  readonly #onFailure: (what: string, error: unknown) => void;

  constructor(onFailure: (what: string, error: unknown) => void) {
    this.#onFailure = onFailure;
  }

  /** Remembers how to take one thing back; `what` completes the sentence "could not <what>". */
  push(what: string, back: () => Promise<void> | void): void {
    this.#entries.push({ what, back });
  }

  /** The work succeeded: forget every way back. */
  keep(): void {
    this.#entries = [];
  }

  /** Takes everything back now. */
  async run(): Promise<void> {
    for (let entry = this.#entries.pop(); entry !== undefined; entry = this.#entries.pop()) {
      try {
        await entry.back();
      } catch (error) {
        this.#onFailure(entry.what, error);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.run();
  }
}
