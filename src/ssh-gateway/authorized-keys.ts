// The keys that may log in, each belonging to one subject. Compared by digest and in constant time; every key is looked
// at on every try. Types: those that ssh2 knows, RSA from 2048 bits on and with SHA-2 signatures only (RFC 8332).
import { createHash, createPublicKey, timingSafeEqual } from 'node:crypto';
import ssh2, { type ParsedKey } from 'ssh2';
import { Fault } from '../base/index.ts';
import type { GatewaySubject } from './reach.ts';

const TYPES: ReadonlySet<string> = new Set([
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'ssh-rsa',
]);
const LEAST_RSA_BITS = 2048;

interface Entry {
  readonly subject: string;
  readonly digest: Buffer;
  readonly key: ParsedKey;
}

/** A try to log in with a key. */
export interface KeyClaim {
  readonly algo: string;
  readonly data: Buffer;
  readonly signature: Buffer | undefined;
  readonly blob: Buffer | undefined;
  readonly hashAlgo: string | undefined;
}

export class AuthorizedKeys {
  readonly #entries: readonly Entry[];

  /** Throws `SSH_KEY_INVALID` for a key that cannot be used, or that two subjects claim. */
  constructor(subjects: readonly GatewaySubject[]) {
    const owners = new Map<string, string>();
    this.#entries = subjects.flatMap(({ name, keys }) =>
      keys.map((line) => {
        const key = parsePublicKey(line, name);
        const digest = digestOf(key.getPublicSSH());
        const owner = owners.get(digest.toString('hex')) ?? name;
        if (owner !== name) throw unusable(name, `is also a key of ${owner}`);
        owners.set(digest.toString('hex'), name);
        return { subject: name, digest, key };
      }),
    );
  }

  /**
   * Whose key it is: `known` when only asked whether it could be used, `proven` when the signature is right.
   * Undefined for an unknown key, a wrong signature and a SHA-1 signature alike.
   */
  check(claim: KeyClaim): { readonly subject: string; readonly isProven: boolean } | undefined {
    const entry = this.#find(claim.data);
    if (entry === undefined || entry.key.type !== claim.algo) return undefined;
    const isRsa = entry.key.type === 'ssh-rsa';
    if (isRsa && claim.hashAlgo !== 'sha256' && claim.hashAlgo !== 'sha512') return undefined;
    if (claim.signature === undefined || claim.blob === undefined)
      return { subject: entry.subject, isProven: false };
    const isRight = entry.key.verify(claim.blob, claim.signature, claim.hashAlgo);
    return isRight === true ? { subject: entry.subject, isProven: true } : undefined;
  }

  #find(data: Buffer): Entry | undefined {
    const digest = digestOf(data);
    let found: Entry | undefined;
    for (const entry of this.#entries) {
      if (timingSafeEqual(entry.digest, digest)) found = entry;
    }
    return found;
  }
}

function parsePublicKey(line: string, subject: string): ParsedKey {
  const key = ssh2.utils.parseKey(line);
  if (key instanceof Error) throw unusable(subject, `cannot be read: ${key.message}`);
  if (!TYPES.has(key.type))
    throw unusable(subject, `is of type ${key.type}, which the gateway does not know`);
  if (key.isPrivateKey()) throw unusable(subject, 'is a private key');
  const bits = createPublicKey(key.getPublicPEM()).asymmetricKeyDetails?.modulusLength;
  if (bits !== undefined && bits < LEAST_RSA_BITS) throw unusable(subject, `has ${bits} bits only`);
  return key;
}

function digestOf(blob: Buffer): Buffer {
  return createHash('sha256').update(blob).digest();
}

function unusable(subject: string, why: string): Fault {
  return new Fault('invalid', 'SSH_KEY_INVALID', `A public key of subject ${subject} ${why}`, {
    hint: `Write keys as in authorized_keys, without options: ${[...TYPES].join(', ')}; RSA from ${LEAST_RSA_BITS} bits on.`,
  });
}
