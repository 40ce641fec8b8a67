// The gateway's own keys: made once, read for ever after. A client that saw another one would think of an attack.
// Rules: a file appears whole under its name or not at all (link(2) fails where there is one), mode 0600.
import { linkSync, lstatSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { errnoCode, Fault, isFault, newUuid, Secret } from '../base/index.ts';

export interface HostKeyOptions {
  /** Made with mode 0700 when it is not there; what it is in is there. */
  readonly folder: string;
  /** Whether there is an RSA key (3072 bits) too, for clients that know no ed25519. */
  readonly rsa: boolean;
}

/** Reads the host keys, and makes what is missing. Throws `HOST_KEY_EXPOSED`, `HOST_KEY_UNUSABLE`. */
export function ensureHostKeys({ folder, rsa }: HostKeyOptions): readonly Secret[] {
  try {
    makeFolder(folder);
    const ed25519 = ensure(join(folder, 'ssh_host_ed25519_key'), () =>
      ssh2.utils.generateKeyPairSync('ed25519', { comment: 'novalet' }),
    );
    if (!rsa) return [ed25519];
    return [
      ed25519,
      ensure(join(folder, 'ssh_host_rsa_key'), () =>
        ssh2.utils.generateKeyPairSync('rsa', { bits: 3072, comment: 'novalet' }),
      ),
    ];
  } catch (error) {
    if (isFault(error) || errnoCode(error) === undefined) throw error;
    throw unusable(folder, `the system says ${errnoCode(error)}`, error);
  }
}

/** Not those above it by Node's `recursive`, which tries for ever below /proc. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (errnoCode(error) !== 'EEXIST') throw error;
  }
}

interface KeyPair {
  readonly private: string;
  readonly public: string;
}

/** Far more than it takes until one is sound. */
const MOST_TRIES = 20;

function ensure(path: string, generate: () => KeyPair): Secret {
  const there = read(path);
  if (there !== undefined) return there;
  const pair = sound(path, generate);
  publish(path, pair.private, 0o600);
  const won = read(path); // another process may have been quicker: its key is the key
  if (won === undefined) throw unusable(path, 'it went away again');
  if (won.reveal() === pair.private) publish(`${path}.pub`, `${pair.public.trim()}\n`, 0o644);
  return won;
}

/** ssh2 1.17 drops a zero at the beginning of an ed25519 key, and does not take what is left: one key of 256. */
function sound(path: string, generate: () => KeyPair): KeyPair {
  for (let tries = 1; ; tries += 1) {
    const pair = generate();
    const parsed = ssh2.utils.parseKey(pair.private);
    if (!(parsed instanceof Error)) return pair;
    if (tries === MOST_TRIES) throw unusable(path, `none can be made: ${parsed.message}`, parsed);
  }
}

function read(path: string): Secret | undefined {
  let text: string;
  try {
    const facts = lstatSync(path);
    if (!facts.isFile()) throw unusable(path, 'it is not a regular file');
    if ((facts.mode & 0o077) !== 0) throw exposed(path);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  const key = ssh2.utils.parseKey(text);
  if (key instanceof Error) throw unusable(path, key.message, key);
  if (!key.isPrivateKey()) throw unusable(path, 'it is not a private key');
  return new Secret(text);
}

/** Leaves what is there already. */
function publish(path: string, text: string, mode: number): void {
  const temporary = `${path}.${newUuid()}.tmp`;
  writeFileSync(temporary, text, { mode, flag: 'wx' });
  try {
    linkSync(temporary, path);
  } catch (error) {
    if (errnoCode(error) !== 'EEXIST') throw error;
  } finally {
    unlinkSync(temporary);
  }
}

function exposed(path: string): Fault {
  return new Fault('denied', 'HOST_KEY_EXPOSED', `The host key ${path} may be read by others`, {
    hint: `If nobody had it: chmod 600 ${path}. Otherwise remove it; a new one is made, and clients must be told.`,
  });
}

function unusable(path: string, why: string, cause?: unknown): Fault {
  return new Fault('corrupt', 'HOST_KEY_UNUSABLE', `The host key ${path} cannot be used: ${why}`, {
    cause,
    hint: `Restore it from a backup, or remove it; a new one is made, and clients must be told: ssh-keygen -R`,
  });
}
