// Our side's digest, made while the bytes pass. A lane makes BLAKE2b; which one another road makes shows only at its end.
import { createHash } from 'node:crypto';
import type { Digest, Via } from '../road.ts';
import { isText } from './guest-path.ts';

export class OurDigest {
  readonly #hashes: readonly {
    readonly algorithm: Digest['algorithm'];
    readonly hash: ReturnType<typeof createHash>;
  }[];

  constructor(via: Via, path: string) {
    const algorithms: readonly Digest['algorithm'][] =
      via === 'lane' && isText(path) ? ['blake2b512'] : ['sha256', 'blake2b512'];
    this.#hashes = algorithms.map((algorithm) => ({ algorithm, hash: createHash(algorithm) }));
  }

  readonly update = (piece: Buffer): void => {
    for (const { hash } of this.#hashes) hash.update(piece);
  };

  /** Whether the other side's is the same; once. */
  matches(theirs: Digest): boolean {
    const ours = this.#hashes.find(({ algorithm }) => algorithm === theirs.algorithm);
    return ours?.hash.digest('hex') === theirs.hex;
  }
}
