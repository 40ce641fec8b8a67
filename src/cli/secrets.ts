// How secrets come in: from stdin, from a file, from a prompt without echo, or made up here. Never from an argument.
import { Fault, Secret } from '../base/index.ts';
import { checkPasswordHash } from '../model/index.ts';
import { isReadableByOthers, readFileBounded, readStdin } from './input.ts';
import type { Session } from './session.ts';

/** No characters that look alike, none that a keyboard layout or a shell changes. */
const ALPHABET = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const GENERATED_LENGTH = 20; // 116 bits

export async function generatePassword(length = GENERATED_LENGTH): Promise<Secret> {
  const { randomInt } = await import('node:crypto'); // not for completion, which reads the options of every command
  return new Secret(Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join(''));
}

/** The whole of stdin without its last line end. */
export async function secretFromStdin(session: Session): Promise<Secret> {
  if (session.streams.stdin.isTTY === true) {
    const { promptSecret } = await import('./prompt.ts');
    return checkSecret(await promptSecret(session, 'Password: '));
  }
  return checkSecret(decodeSecret(await readStdin(session)));
}

/** A file's content without its last line end; warns when others may read it. */
export async function secretFromFile(session: Session, path: string): Promise<Secret> {
  const secret = checkSecret(decodeSecret(await readFileBounded(path)));
  if (await isReadableByOthers(path)) await session.warn(`${path} can be read by others: chmod 600 ${path}`);
  return secret;
}

/** Asks twice on the terminal. Throws `NO_TERMINAL` where there is none, `PASSWORDS_DIFFER` when they do. */
export async function secretFromPrompt(session: Session, who: string): Promise<Secret> {
  if (session.streams.stdin.isTTY !== true || session.streams.stderr.isTTY !== true) {
    throw new Fault('invalid', 'NO_TERMINAL', 'There is no terminal to ask for a password', {
      hint: 'Use --stdin and write the password to it, or --generate.',
    });
  }
  const { promptSecret } = await import('./prompt.ts');
  const first = checkSecret(await promptSecret(session, `New password of ${who}: `));
  const second = await promptSecret(session, 'Again: ');
  if (first.reveal() === second.reveal()) return first;
  throw new Fault('invalid', 'PASSWORDS_DIFFER', 'The two passwords differ; nothing was changed', {
    hint: 'Type the same password twice.',
  });
}

/** A crypt(5) hash, by its form. Throws `PASSWORD_INVALID`. */
export function checkHash(hash: Secret): Secret {
  checkPasswordHash(hash);
  return hash;
}

function decodeSecret(bytes: Buffer): Secret {
  return new Secret(bytes.toString('utf8').replace(/\r?\n$/, ''));
}

function checkSecret(secret: Secret): Secret {
  const value = secret.reveal();
  if (value === '') throw unusable('The password is empty');
  // chpasswd and /etc/shadow are files of lines
  if (/[\n\r\0]/.test(value)) throw unusable('The password holds a line break or a NUL');
  return secret;
}

function unusable(message: string): Fault {
  return new Fault('invalid', 'PASSWORD_INVALID', message, {
    hint: 'Give a password of one line, or use --generate.',
  });
}
