// Private keys in their texts. OpenSSL reads PEM; ssh2 reads what OpenSSH and PuTTY write, and is loaded for those only.
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { Fault, type Secret } from '../base/index.ts';

const OPENSSH = /-----BEGIN OPENSSH PRIVATE KEY-----\s+([A-Za-z0-9+/=\s]+)-----END OPENSSH PRIVATE KEY-----/;
const PUTTY = /^PuTTY-User-Key-File-\d/;
/** What the content of an OpenSSH key begins with, before the name of its cipher (OpenSSH, PROTOCOL.key). */
const MAGIC = 'openssh-key-v1\0';

/** Whether a passphrase is needed; a text that is no key needs none. */
export function isEncrypted(text: string): boolean {
  const blob = OPENSSH.exec(text)?.[1];
  if (blob !== undefined) return cipherOf(Buffer.from(blob, 'base64')) !== 'none';
  if (PUTTY.test(text)) return !/^Encryption: none\r?$/m.test(text);
  return text.includes('-----BEGIN ENCRYPTED PRIVATE KEY-----') || /^Proc-Type: 4,ENCRYPTED\r?$/m.test(text);
}

interface About {
  readonly path: string;
  readonly passphrase?: Secret;
}

/** Throws `PRIVATE_KEY_INVALID` and `PASSPHRASE_WRONG`; neither repeats the text. */
export async function parsePrivateKey(text: string, about: About): Promise<KeyObject> {
  if (OPENSSH.test(text) || PUTTY.test(text)) return await parseOpenSsh(text, about);
  return readPem(text, about);
}

async function parseOpenSsh(text: string, about: About): Promise<KeyObject> {
  const { default: ssh2 } = await import('ssh2');
  const parsed = ssh2.utils.parseKey(text, about.passphrase?.reveal());
  const key = parsed instanceof Error ? parsed : Array.isArray(parsed) ? parsed[0] : parsed;
  if (key instanceof Error) throw unreadable(about, key);
  if (!key.isPrivateKey()) throw unreadable(about, undefined);
  if (key.type === 'ssh-ed25519') throw notRsa(about.path);
  return createPrivateKey(key.getPrivatePEM());
}

function readPem(text: string, about: About): KeyObject {
  const { passphrase } = about;
  try {
    return createPrivateKey({
      key: text,
      ...(passphrase === undefined ? {} : { passphrase: passphrase.reveal() }),
    });
  } catch (error) {
    throw unreadable(about, error);
  }
}

function cipherOf(blob: Buffer): string | undefined {
  const at = MAGIC.length;
  if (blob.toString('latin1', 0, at) !== MAGIC || blob.length < at + 4) return undefined;
  return blob.toString('latin1', at + 4, at + 4 + Math.min(64, blob.readUInt32BE(at)));
}

function unreadable({ path, passphrase }: About, cause: unknown): Fault {
  if (passphrase !== undefined) {
    return new Fault('denied', 'PASSPHRASE_WRONG', `${path} cannot be opened with this passphrase`, {
      cause,
      hint: 'Try again; ssh-keygen -y -f FILE shows whether the passphrase is right.',
    });
  }
  return new Fault('invalid', 'PRIVATE_KEY_INVALID', `${path} holds no private key`, {
    cause,
    hint: 'Give the file without .pub: PEM (PKCS#1, PKCS#8) or the form of OpenSSH.',
  });
}

function notRsa(path: string): Fault {
  return new Fault(
    'invalid',
    'PRIVATE_KEY_NOT_RSA',
    `A guest encrypts its password for an RSA key; ${path} is Ed25519`,
    {
      hint: 'Launch Windows guests with an RSA key: ssh-keygen -t rsa -b 4096.',
    },
  );
}
