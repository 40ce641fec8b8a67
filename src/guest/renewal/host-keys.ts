// SSH host keys, made here for a guest: making them inside would take seconds where the processor is emulated.
// Knows no guest. Rules: OpenSSH, PROTOCOL.key; RFC 4251 (strings, numbers), 4253, 5656 and 8709 (the public halves).
import { generateKeyPair, type KeyObject, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { Fault, Secret } from '../../base/index.ts';

/** As in the file's name: `ssh_host_ed25519_key`. */
export const HOST_KEY_TYPES = ['ed25519', 'ecdsa', 'rsa'] as const;
export type HostKeyType = (typeof HOST_KEY_TYPES)[number];

export interface HostKey {
  readonly type: HostKeyType;
  /** The whole file: `-----BEGIN OPENSSH PRIVATE KEY-----` …, without a passphrase. */
  readonly privateKey: Secret;
  /** The one line of the `.pub` file, without a newline. */
  readonly publicKey: string;
}

/** The parts of a key as JSON Web Keys name them (RFC 7517). */
type Part = 'x' | 'y' | 'd' | 'n' | 'e' | 'p' | 'q' | 'qi';

interface KeyKind {
  readonly generate: () => Promise<KeyObject>;
  readonly name: string;
  /** What follows the name in the public half. */
  readonly publicHalf: (part: (name: Part) => Buffer) => readonly Buffer[];
  /** What follows the name in the private half. */
  readonly privateHalf: (part: (name: Part) => Buffer) => readonly Buffer[];
}

const generatePair = promisify(generateKeyPair);
const CURVE = 'nistp256';
const RSA_BITS = 3072;
/** The unit to which the private half is filled up where there is no cipher. */
const BLOCK = 8;
const LINE = 70;
const COMMENT = /^[\x20-\x7e]{0,200}$/;

const KINDS: Readonly<Record<HostKeyType, KeyKind>> = {
  ed25519: {
    generate: async () => (await generatePair('ed25519')).privateKey,
    name: 'ssh-ed25519',
    publicHalf: (part) => [text(part('x'))],
    privateHalf: (part) => [text(part('x')), text(Buffer.concat([part('d'), part('x')]))],
  },
  ecdsa: {
    generate: async () => (await generatePair('ec', { namedCurve: 'P-256' })).privateKey,
    name: `ecdsa-sha2-${CURVE}`,
    publicHalf: (part) => [text(CURVE), text(pointOf(part))],
    privateHalf: (part) => [text(CURVE), text(pointOf(part)), number(part('d'))],
  },
  rsa: {
    generate: async () => (await generatePair('rsa', { modulusLength: RSA_BITS })).privateKey,
    name: 'ssh-rsa',
    publicHalf: (part) => [number(part('e')), number(part('n'))],
    privateHalf: (part) => (['n', 'e', 'd', 'qi', 'p', 'q'] as const).map((name) => number(part(name))),
  },
};

/**
 * One new key of each type, made side by side off this thread: an RSA key takes about a second, the others a millisecond.
 * `comment` is what stands behind the public half, as `root@web`. Throws `SSH_KEY_INVALID` where that is no plain text.
 */
export async function makeHostKeys(
  types: readonly HostKeyType[],
  comment: string,
): Promise<readonly HostKey[]> {
  if (!COMMENT.test(comment))
    throw new Fault('invalid', 'SSH_KEY_INVALID', 'The comment of a host key is not one line of ASCII', {
      hint: 'Give something like root@NAME.',
    });
  return await Promise.all([...new Set(types)].map((type) => makeHostKey(type, comment)));
}

async function makeHostKey(type: HostKeyType, comment: string): Promise<HostKey> {
  const kind = KINDS[type];
  const jwk = (await kind.generate()).export({ format: 'jwk' });
  const part = (name: Part) => {
    const value = jwk[name];
    if (typeof value !== 'string')
      throw new Fault('internal', 'INTERNAL', `A new ${type} key has no ${name}`);
    return Buffer.from(value, 'base64url');
  };
  const publicBlob = Buffer.concat([text(kind.name), ...kind.publicHalf(part)]);
  const check = randomBytes(4);
  const privateBlob = filled(
    Buffer.concat([check, check, text(kind.name), ...kind.privateHalf(part), text(comment)]),
  );
  const whole = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    text('none'), // cipher
    text('none'), // key derivation
    text(''), // its options
    uint32(1), // number of keys
    text(publicBlob),
    text(privateBlob),
  ]);
  return {
    type,
    privateKey: new Secret(armoured(whole)),
    publicKey: `${kind.name} ${publicBlob.toString('base64')} ${comment}`.trimEnd(),
  };
}

function armoured(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(new RegExp(`.{1,${LINE}}`, 'g')) ?? [];
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join(
    '\n',
  );
}

/** With the bytes 1, 2, 3 … behind it. */
function filled(bytes: Buffer): Buffer {
  const missing = (BLOCK - (bytes.length % BLOCK)) % BLOCK;
  return Buffer.concat([bytes, Buffer.from(Array.from({ length: missing }, (_, at) => at + 1))]);
}

/** The uncompressed point of a public key on a curve. */
function pointOf(part: (name: Part) => Buffer): Buffer {
  return Buffer.concat([Buffer.of(4), part('x'), part('y')]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function text(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

/** A positive number: no zeros in front, but one where it would be read as negative. */
function number(bytes: Buffer): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first === -1 ? Buffer.alloc(0) : bytes.subarray(first);
  return text((digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), digits]) : digits);
}
