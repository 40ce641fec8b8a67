// The keys that leave a program alone which gets all others. Written as docker writes them: `ctrl-p,ctrl-q`.
import { Transform, type TransformCallback } from 'node:stream';
import { Fault } from '../base/index.ts';

export const DETACH_KEYS = 'ctrl-p,ctrl-q';

/** Hands keys on until the sequence comes. What may be its beginning is held until the next key says whether it is. */
export class DetachKeys extends Transform {
  /** Resolves when the sequence has been typed; nothing is handed on from then on. */
  readonly typed: Promise<void>;
  readonly #typed = Promise.withResolvers<void>();
  readonly #sequence: readonly number[];
  #held: number[] = [];
  #isOver = false;

  constructor(sequence: readonly number[]) {
    super();
    this.typed = this.#typed.promise;
    this.#sequence = sequence;
  }

  override _transform(keys: Buffer, _encoding: string, done: TransformCallback): void {
    const handed: number[] = [];
    for (const key of keys) {
      if (this.#isOver) break;
      this.#held.push(key);
      while (!this.#isBeginning()) handed.push(...this.#held.splice(0, 1));
      this.#isOver = this.#held.length === this.#sequence.length;
    }
    if (this.#isOver) this.#typed.resolve();
    done(null, Buffer.from(handed));
  }

  override _flush(done: TransformCallback): void {
    done(null, this.#isOver ? null : Buffer.from(this.#held));
  }

  #isBeginning(): boolean {
    return this.#held.every((key, at) => key === this.#sequence[at]);
  }
}

/** The bytes of keys separated by commas: a character, or `ctrl-` and one of a-z @ [ \ ] ^ _. Throws `OPTION_INVALID`. */
export function parseDetachKeys(text: string): readonly number[] {
  return text.split(',').map((word) => {
    const [, control] = /^ctrl-([a-z@[\\\]^_])$/.exec(word) ?? [];
    if (control !== undefined) return control.toUpperCase().charCodeAt(0) - 64;
    if (/^[\x21-\x7e]$/.test(word)) return word.charCodeAt(0);
    throw new Fault('invalid', 'OPTION_INVALID', `"${text}" is no sequence of keys`, {
      hint: `Write keys with commas between them, for example --detach-keys ${DETACH_KEYS}`,
    });
  });
}
