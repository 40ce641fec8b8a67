// Documents for a moment: a guest asks for dozens of them in a row, and they are made from the whole record each time.
import type { Documents } from './guest-records.ts';

/** Changes of an instance are to show within a second. */
const FRESH_MS = 900;
const MOST_INSTANCES = 512;

interface Entry {
  readonly documents: Promise<Documents | undefined>;
  /** Of the records, before they were read. */
  readonly version: number;
  endMs: number;
}

export class DocumentCache {
  readonly #make: (instance: string) => Promise<Documents | undefined>;
  readonly #version: () => number;
  /** Oldest first. */
  readonly #entries = new Map<string, Entry>();

  /** `version` tells another number when any record has changed; where it cannot tell, all may have changed each time. */
  constructor(
    make: (instance: string) => Promise<Documents | undefined>,
    version: () => number = () => Number.NaN,
  ) {
    this.#make = make;
    this.#version = version;
  }

  /** As the records were at most 0.9 s ago. `nowMs` of a clock that never goes back. What failed, and what is not there, is asked for again. */
  async get(instance: string, nowMs: number): Promise<Documents | undefined> {
    const known = this.#entries.get(instance);
    if (known !== undefined && nowMs < known.endMs) return await known.documents;
    const version = this.#version();
    const endMs = nowMs + FRESH_MS;
    if (known?.version === version) {
      known.endMs = endMs;
      this.#entries.delete(instance);
      this.#entries.set(instance, known); // it is the newest now
      this.#forget(nowMs);
      return await known.documents;
    }
    const entry = { documents: this.#make(instance), version, endMs };
    this.#entries.delete(instance);
    this.#entries.set(instance, entry);
    this.#forget(nowMs);
    try {
      const documents = await entry.documents;
      if (documents === undefined) this.#drop(instance, entry);
      return documents;
    } catch (error) {
      this.#drop(instance, entry);
      throw error;
    }
  }

  /** User data are large: what is old goes as soon as anything new comes. */
  #forget(nowMs: number): void {
    for (const [instance, { endMs }] of this.#entries) {
      if (nowMs < endMs && this.#entries.size <= MOST_INSTANCES) return;
      this.#entries.delete(instance);
    }
  }

  #drop(instance: string, entry: Entry): void {
    if (this.#entries.get(instance) === entry) this.#entries.delete(instance);
  }
}
