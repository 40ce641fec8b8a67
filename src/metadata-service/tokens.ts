// Session tokens of IMDSv2. None is kept: a token carries the time of its end, sealed for one instance with a key that dies
// with the process. So no number of them costs memory, and a restart asks every guest for a new one.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Longest life of a token, as on AWS: six hours. */
export const MOST_TTL_S = 21_600;

const SEALED = /^(\d{1,12})\.([A-Za-z0-9_-]{43})$/;

export class Tokens {
  readonly #key: Uint8Array;

  constructor(key: Uint8Array = randomBytes(32)) {
    this.#key = key;
  }

  /** `nowS` of a clock that never goes back, in whole seconds or parts. */
  issue(instance: string, ttlS: number, nowS: number): string {
    const end = String(Math.floor(nowS) + ttlS);
    return `${end}.${this.#seal(instance, end).toString('base64url')}`;
  }

  /** Whether it was issued to this instance, and its time is not over. */
  isValid(token: string, instance: string, nowS: number): boolean {
    const [, end = '', seal = ''] = SEALED.exec(token) ?? [];
    const given = Buffer.from(seal, 'base64url');
    const expected = this.#seal(instance, end);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return false;
    return nowS < Number(end);
  }

  #seal(instance: string, end: string): Buffer {
    return createHmac('sha256', this.#key).update(`${end}\n${instance}`).digest();
  }
}

/** Undefined where it is no number of seconds that a token may live. */
export function readTtl(text: string | undefined): number | undefined {
  if (text === undefined || !/^[0-9]{1,5}$/.test(text)) return undefined;
  const ttlS = Number(text);
  return ttlS >= 1 && ttlS <= MOST_TTL_S ? ttlS : undefined;
}
