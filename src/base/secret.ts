// A value that must not be printed: a password, a key, user data.
import { inspect } from 'node:util';

/** What is printed in its place. */
export const MASK = '[secret]';

/** Holds a value that prints as `[secret]` everywhere. `reveal()` is the one way to read it. */
export class Masked<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  /** The value itself. Call it where it is used, and nowhere else. */
  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}

/** A secret text. */
export class Secret extends Masked<string> {}
