// The password that a guest made up and posted, encrypted for its owner's SSH key: RSA, PKCS#1 v1.5 (RFC 8017, 7.2), base64,
// as cloudbase-init does it and `nova get-password` undoes it.
import { constants, type KeyObject, privateDecrypt } from 'node:crypto';
import { Fault, Secret } from '../base/index.ts';

const LEAST_PADDING = 8;

/** Throws `POSTED_PASSWORD_INVALID`, `PRIVATE_KEY_NOT_RSA` and `PRIVATE_KEY_WRONG`. */
export function openPostedPassword(posted: string, key: KeyObject): Secret {
  const bits = key.asymmetricKeyType === 'rsa' ? key.asymmetricKeyDetails?.modulusLength : undefined;
  if (key.type !== 'private' || bits === undefined) throw notRsa(key.asymmetricKeyType ?? key.type);
  const text = posted.replaceAll(/\s+/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) throw invalid('it is no base64');
  const encrypted = Buffer.from(text, 'base64');
  if (encrypted.length !== Math.ceil(bits / 8)) throw wrongKey();
  const message = unpadded(decrypted(encrypted, key));
  if (message === undefined) throw wrongKey();
  try {
    return new Secret(new TextDecoder('utf-8', { fatal: true }).decode(message));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw invalid('what is in it is no text');
  }
}

/**
 * Without OpenSSL's own taking off of the padding: under a wrong key that gives random bytes and no error, so that nobody
 * could ask an oracle. Here the owner of the key asks, once, and a wrong key is to be told.
 */
function decrypted(encrypted: Buffer, key: KeyObject): Buffer {
  try {
    return privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, encrypted);
  } catch {
    throw wrongKey(); // larger than this key's modulus; OpenSSL's words add nothing
  }
}

/** 00 02, at least eight bytes that are not zero, 00, the message. */
function unpadded(block: Buffer): Buffer | undefined {
  const end = block.indexOf(0, 2);
  if (block[0] !== 0 || block[1] !== 2 || end < 2 + LEAST_PADDING) return undefined;
  return block.subarray(end + 1);
}

function notRsa(type: string): Fault {
  return new Fault(
    'invalid',
    'PRIVATE_KEY_NOT_RSA',
    `A guest encrypts its password for an RSA key; this one is ${type}`,
    {
      hint: 'Launch Windows guests with an RSA key: ssh-keygen -t rsa -b 4096.',
    },
  );
}

function wrongKey(): Fault {
  return new Fault('invalid', 'PRIVATE_KEY_WRONG', 'The password that the guest posted is not for this key', {
    hint: 'Give the private half of the key that the instance was launched with; of several keys the guest took one.',
  });
}

function invalid(why: string): Fault {
  return new Fault(
    'corrupt',
    'POSTED_PASSWORD_INVALID',
    `What the guest posted is no encrypted password: ${why}`,
    {
      hint: 'See it: novalet get-password NAME. To let the guest post again: --clear.',
    },
  );
}
