// Hashing what goes by, and comparing it with what was promised.
import { createHash } from 'node:crypto';
import { Fault } from '../../base/index.ts';
import type { Digest, HashAlgorithm } from './checksum.ts';

/** SHA-256, and one more algorithm where the expected digest needs it. */
export class Hashes {
  readonly #expected: Digest | undefined;
  readonly #hashes = new Map<HashAlgorithm, ReturnType<typeof createHash>>();

  constructor(expected: Digest | undefined) {
    this.#expected = expected;
    for (const name of new Set<HashAlgorithm>(['sha256', expected?.algorithm ?? 'sha256'])) {
      this.#hashes.set(name, createHash(name));
    }
  }

  add(chunk: Uint8Array): void {
    for (const hash of this.#hashes.values()) hash.update(chunk);
  }

  /** The SHA-256. Throws `CHECKSUM_MISMATCH`. */
  finish(name: string): string {
    const digests = new Map([...this.#hashes].map(([algorithm, hash]) => [algorithm, hash.digest('hex')]));
    const expected = this.#expected;
    const found = expected === undefined ? undefined : digests.get(expected.algorithm);
    if (expected !== undefined && found !== expected.hex) {
      throw new Fault(
        'corrupt',
        'CHECKSUM_MISMATCH',
        `${name} has the ${expected.algorithm} ${found}, and ${expected.hex} was expected`,
        { hint: 'The file is damaged or was replaced; fetch it again, from another mirror if need be.' },
      );
    }
    return digests.get('sha256') ?? '';
  }
}
