// crypt(5)'s method 6, SHA-512: what goes into a guest instead of a password where the guest takes a hash.
// Source: U. Drepper, "Unix crypt using SHA-256 and SHA-512", version 0.6.
import { createHash } from 'node:crypto';
import { Fault, type Secret } from '../base/index.ts';

const ROUNDS = 5000;
const DIGEST_BYTES = 64;
const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const SALT = /^[./0-9A-Za-z]{1,16}$/;
/** In which order the digest's bytes are written, three to a group. */
const FIRST_GROUP = [0, 21, 42] as const;

/** The hash `$6$<salt>$…`. `salt`: 1 to 16 characters of `./0-9A-Za-z`; throws `SALT_INVALID` for any other. */
export function sha512Crypt(password: Secret, salt: string): string {
  if (!SALT.test(salt))
    throw new Fault('internal', 'SALT_INVALID', 'A salt for a password hash has wrong characters');
  const key = Buffer.from(password.reveal(), 'utf8');
  const seasoning = Buffer.from(salt, 'latin1');
  const digest = stretch(key, seasoning);
  return `$6$${salt}$${encode(digest)}`;
}

/** A salt from random bytes; six bits of each are used. */
export function saltFrom(random: Uint8Array): string {
  return [...random.subarray(0, 16)].map((byte) => ALPHABET.charAt(byte & 63)).join('');
}

function stretch(key: Buffer, salt: Buffer): Buffer {
  const keyPattern = repeated(sha512(repeatedInput(key, key.length)), key.length);
  let digest = firstDigest(key, salt);
  const saltPattern = repeated(sha512(repeatedInput(salt, 16 + (digest[0] ?? 0))), salt.length);
  for (let round = 0; round < ROUNDS; round += 1) {
    const parts: Buffer[] = [round % 2 === 1 ? keyPattern : digest];
    if (round % 3 !== 0) parts.push(saltPattern);
    if (round % 7 !== 0) parts.push(keyPattern);
    parts.push(round % 2 === 1 ? digest : keyPattern);
    digest = sha512(parts);
  }
  return digest;
}

function firstDigest(key: Buffer, salt: Buffer): Buffer {
  const alternate = sha512([key, salt, key]);
  const parts = [key, salt, repeated(alternate, key.length)];
  for (let length = key.length; length > 0; length >>= 1) parts.push((length & 1) === 1 ? alternate : key);
  return sha512(parts);
}

function repeatedInput(part: Buffer, times: number): Buffer[] {
  return Array.from({ length: times }, () => part);
}

/** `length` bytes of the digest, over and over. */
function repeated(digest: Buffer, length: number): Buffer {
  return Buffer.concat(repeatedInput(digest, Math.ceil(length / DIGEST_BYTES) + 1)).subarray(0, length);
}

function sha512(parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha512');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function encode(digest: Buffer): string {
  let text = '';
  let [a, b, c]: [number, number, number] = [...FIRST_GROUP];
  for (let group = 0; group < 21; group += 1) {
    text += base64((at(digest, a) << 16) | (at(digest, b) << 8) | at(digest, c), 4);
    [a, b, c] = [b + 1, c + 1, a + 1];
  }
  return text + base64(at(digest, 63), 2);
}

function at(digest: Buffer, index: number): number {
  return digest[index] ?? 0;
}

/** crypt's own base 64: lowest six bits first. */
function base64(value: number, characters: number): string {
  return Array.from({ length: characters }, (_unused, index) =>
    ALPHABET.charAt((value >> (6 * index)) & 63),
  ).join('');
}
