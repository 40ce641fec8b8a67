// Reading an agent's reply: by shape, with bounds, and with the path of what is wrong.
// Knows no command. The guest is hostile: nothing is trusted, nothing is unbounded.
import type { FaultOutcome } from '../base/index.ts';
import { isRecord, replyInvalid } from '../qapi/index.ts';

/** One place in a reply; its name is used in faults: `guest-exec.pid is not an integer`. */
export class Reply {
  readonly value: unknown;
  readonly path: string;
  readonly #peer: string;
  readonly #outcome: FaultOutcome;

  /** `outcome`: what is known of the command when its reply makes no sense. */
  constructor(peer: string, path: string, value: unknown, outcome: FaultOutcome = 'not-done') {
    this.#peer = peer;
    this.path = path;
    this.value = value;
    this.#outcome = outcome;
  }

  /** Throws `AGENT_REPLY_INVALID` about this place. */
  fail(why: string): never {
    throw replyInvalid(this.#peer, `${this.path} ${why}`, this.#outcome);
  }

  /** The member `key`; a missing one is a Reply of undefined. */
  member(key: string): Reply {
    if (!isRecord(this.value)) return this.fail('is not an object');
    const value = Object.hasOwn(this.value, key) ? this.value[key] : undefined;
    return new Reply(this.#peer, `${this.path}.${key}`, value, this.#outcome);
  }

  /** The elements of a list of at most `most`. */
  list(most: number): Reply[] {
    if (!Array.isArray(this.value)) return this.fail('is not a list');
    if (this.value.length > most) return this.fail(`has more than ${most} elements`);
    const element = (value: unknown, at: number) =>
      new Reply(this.#peer, `${this.path}[${at}]`, value, this.#outcome);
    return this.value.map(element);
  }

  /** `read` of this place, or undefined where the agent left it out. */
  optional<T>(read: (reply: Reply) => T): T | undefined {
    return this.value === undefined ? undefined : read(this);
  }

  /** A string of at most `most` UTF-16 units. */
  text(most: number): string {
    if (typeof this.value !== 'string') return this.fail('is not a string');
    if (this.value.length > most) return this.fail(`is longer than ${most} characters`);
    return this.value;
  }

  boolean(): boolean {
    return typeof this.value === 'boolean' ? this.value : this.fail('is not a boolean');
  }

  /** An integer that is exact in JSON and lies within both bounds. */
  integer(least: number, most: number): number {
    if (typeof this.value !== 'number' || !Number.isSafeInteger(this.value))
      return this.fail('is not an integer');
    if (this.value < least || this.value > most) return this.fail(`is not between ${least} and ${most}`);
    return this.value;
  }

  /** A 64-bit count; beyond 2^53 it is not exact, and nobody cares. */
  counter(): number {
    const { value } = this;
    if (typeof value !== 'number' || !Number.isInteger(value)) return this.fail('is not an integer');
    return value >= 0 && value <= 2 ** 64 ? value : this.fail('is not a count');
  }

  /** Base64 in the standard alphabet; at most `mostBytes` once decoded. */
  base64(mostBytes: number): Buffer {
    const text = this.text(Math.ceil(mostBytes / 3) * 4 + 4);
    const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
    const bytes = Buffer.from(text, 'base64');
    // Buffer skips what is not base64, and knows the other alphabet too; both show here.
    const isWhole = text.length % 4 === 0 && bytes.length === (text.length / 4) * 3 - padding;
    if (!isWhole || text.includes('-') || text.includes('_')) return this.fail('is not base64');
    if (bytes.length > mostBytes) return this.fail(`holds more than ${mostBytes} bytes`);
    return bytes;
  }
}
