// Reads typed values out of a map of strings, as flavors and images carry them. A bad value names its key and says
// what would be allowed.
import { Fault } from '../base/index.ts';
import { isTrueWord } from './image.ts';

export interface TextFieldsKind {
  /** What one entry is called in a message: `Extra spec`, `Image property`. */
  readonly noun: string;
  /** The fault for a bad value. */
  readonly kind: 'invalid';
  readonly code: string;
}

export class TextFields {
  readonly #values: Readonly<Record<string, string>>;
  readonly #kind: TextFieldsKind;

  constructor(values: Readonly<Record<string, string>>, kind: TextFieldsKind) {
    this.#values = values;
    this.#kind = kind;
  }

  /** As written. */
  text(key: string): string | undefined {
    return Object.hasOwn(this.#values, key) ? this.#values[key] : undefined;
  }

  /** As oslo's strutils reads booleans: the true words are true, everything else is false. */
  flag(key: string): boolean | undefined {
    const text = this.text(key);
    return text === undefined ? undefined : isTrueWord(text);
  }

  /** A whole number of at least `min`. */
  count(key: string, min: number): number | undefined {
    const text = this.text(key);
    if (text === undefined) return undefined;
    const value = Number(text.trim());
    if (/^\s*[+-]?\d+\s*$/.test(text) && Number.isSafeInteger(value) && value >= min) return value;
    throw this.#bad(key, text, `a whole number of at least ${min}`);
  }

  /** One of `words`, compared without regard to case; `aliases` maps older words to today's. */
  oneOf<W extends string>(
    key: string,
    words: readonly W[],
    aliases: Readonly<Record<string, W>> = {},
  ): W | undefined {
    const text = this.text(key);
    if (text === undefined) return undefined;
    const lower = text.trim().toLowerCase();
    const word = words.find((candidate) => candidate === lower) ?? aliases[lower];
    if (word === undefined) throw this.#bad(key, text, `one of ${words.join(', ')}`);
    return word;
  }

  #bad(key: string, text: string, allowed: string): Fault {
    const { noun, kind, code } = this.#kind;
    return new Fault(kind, code, `${noun} ${key} is "${text.slice(0, 80)}"`, {
      hint: `${key} must be ${allowed}.`,
      details: { key },
    });
  }
}
