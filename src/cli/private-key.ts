// A private key that a person names by its file: PEM in any of its forms (PKCS#1, PKCS#8), or as OpenSSH writes it.
import type { KeyObject } from 'node:crypto';
import { Fault, type Secret } from '../base/index.ts';
import { isReadableByOthers, readFileBounded } from './input.ts';
import { secretFromFile } from './secrets.ts';
import type { Session } from './session.ts';

export interface PrivateKeyOptions {
  readonly passphraseFile?: string;
}

/** Asks for the passphrase only of a key that has one. Throws `PRIVATE_KEY_INVALID`, `PASSPHRASE_WRONG` and `NO_TERMINAL`. */
export async function readPrivateKey(
  session: Session,
  path: string,
  { passphraseFile }: PrivateKeyOptions,
): Promise<KeyObject> {
  const text = (await readFileBounded(path)).toString('latin1');
  if (await isReadableByOthers(path)) await session.warn(`${path} can be read by others: chmod 600 ${path}`);
  const { isEncrypted, parsePrivateKey } = await import('./private-key-text.ts');
  if (!isEncrypted(text)) return await parsePrivateKey(text, { path });
  const passphrase =
    passphraseFile === undefined
      ? await askPassphrase(session, path)
      : await secretFromFile(session, passphraseFile);
  return await parsePrivateKey(text, { path, passphrase });
}

async function askPassphrase(session: Session, path: string): Promise<Secret> {
  if (session.streams.stdin.isTTY !== true || session.streams.stderr.isTTY !== true) {
    throw new Fault('invalid', 'NO_TERMINAL', `There is no terminal to ask for the passphrase of ${path}`, {
      hint: 'Write the passphrase into a file and name it: --passphrase-file FILE.',
    });
  }
  const { promptSecret } = await import('./prompt.ts');
  return await promptSecret(session, `Passphrase of ${path}: `);
}
