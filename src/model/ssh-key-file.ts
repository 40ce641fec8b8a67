// The keys of a file of public SSH keys, as ssh-keygen and authorized_keys hold them (sshd(8), AUTHORIZED_KEYS FILE FORMAT).
import { basename } from 'node:path';
import { Fault } from '../base/index.ts';
import type { KeyPair } from './ssh-key.ts';

/** The keys of one file's text; `path` is for messages, and for names where a key has no comment. */
export function parseSshKeys(text: string, path: string): KeyPair[] {
  if (text.includes('PRIVATE KEY-----')) {
    throw keyInvalid(`${path} holds a private key`, `Give the public one: ${path}.pub`);
  }
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
  if (lines.length === 0) throw keyInvalid(`${path} holds no key`, 'Make one with: ssh-keygen -t ed25519');
  return lines.map((line, index) => {
    const publicKey = line.trim();
    const comment = /^(?:ssh-|ecdsa-|sk-)[a-z0-9@.-]+ AAAA[A-Za-z0-9+/]+={0,2}(?: (.+))?$/.exec(publicKey);
    if (comment === null) {
      throw keyInvalid(
        `Line ${index + 1} of ${path} is no public SSH key`,
        'It should begin like "ssh-ed25519 AAAA".',
      );
    }
    return { name: comment[1] ?? basename(path, '.pub'), publicKey };
  });
}

function keyInvalid(message: string, hint: string): Fault {
  return new Fault('invalid', 'SSH_KEY_INVALID', message, { hint });
}
