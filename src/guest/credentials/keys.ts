// A user's authorized SSH keys in the guest. Read by the agent's own command; changed by our script where the agent may
// run programs (in one rename, whole lines, no links), else by the agent's commands, which policies leave open.
import { createHash } from 'node:crypto';
import { Fault, isFault } from '../../base/index.ts';
import {
  type AuthorizedLine,
  addAuthorizedKeys,
  authorizedLines,
  checkUserName,
  dropAuthorizedKeys,
  parsePublicKey,
  readAuthorizedLine,
} from '../../model/index.ts';
import { QapiFault } from '../../qapi/index.ts';
import { standing } from '../capabilities.ts';
import { cksum } from './cksum.ts';
import { type CredentialsAgent, knowsUser, mayExec, runScript, userUnknown } from './credentials-agent.ts';
import { KEYS_SCRIPT, STATUS } from './scripts.ts';

export interface AuthorizedKey {
  /** `ssh-ed25519` … */
  readonly type: string;
  /** As ssh-keygen -l shows it: `SHA256:…`. */
  readonly fingerprint: string;
  readonly comment: string;
  /** The whole line as the guest has it, options included. */
  readonly line: string;
}

export interface KeysOptions {
  readonly signal?: AbortSignal | undefined;
}

/** What was read, and whether a script can put something in its place. */
interface KeyFile {
  readonly text: string;
  /** What it is known by when it is replaced; undefined when the agent's commands are to be used. */
  readonly sum: FileSum | undefined;
}

/** What cksum and sha256sum say of it in the guest. */
interface FileSum {
  readonly cksum: string;
  readonly sha256: string;
}

const MOST_KEYS = 1000;
const LARGEST_LINE = 16_384;
const LARGEST_FILE = 256 * 1024;

/** Throws, besides what the agent's calls throw, `GUEST_USER_UNKNOWN`, `KEYS_FILE_UNSAFE`, `KEYS_HOME_MISSING`, `KEYS_REFUSED`. */
export class AuthorizedKeys {
  readonly #agent: CredentialsAgent;

  constructor(agent: CredentialsAgent) {
    this.#agent = agent;
  }

  async list(user: string, options: KeysOptions = {}): Promise<readonly AuthorizedKey[]> {
    checkUserName(user);
    const info = await this.#agent.info({ signal: options.signal });
    const byCommand = standing(info, 'guest-ssh-get-authorized-keys') === 'usable';
    const text = byCommand ? await this.#ask(user, options) : (await this.#read(user, options)).text;
    return authorizedLines(text).map(described);
  }

  /** Adds keys that are not there yet, by the key itself; gives those that were added. Throws `SSH_KEY_INVALID`. */
  async add(
    user: string,
    keys: readonly string[],
    options: KeysOptions = {},
  ): Promise<readonly AuthorizedKey[]> {
    checkUserName(user);
    const lines = keys.map((key) => parsePublicKey('given', key).publicKey);
    const file = await this.#open(user, options);
    const { text, added } = addAuthorizedKeys(file.text, lines);
    if (added.length === 0) return [];
    if (file.sum === undefined) {
      await this.#command('guest-ssh-add-authorized-keys', { username: user, keys: added }, user);
    } else await this.#replace(user, file.sum, text, options);
    return added.flatMap((line) => readAuthorizedLine(line) ?? []).map(described);
  }

  /**
   * Removes keys, each chosen by fingerprint (`SHA256:…`), by the key or its whole line, or by its comment. Gives those that
   * were removed. Throws `KEYS_NOT_FOUND`, and removes nothing, when one of the choices fits no key.
   */
  async remove(
    user: string,
    which: readonly string[],
    options: KeysOptions = {},
  ): Promise<readonly AuthorizedKey[]> {
    checkUserName(user);
    const file = await this.#open(user, options);
    const keys = authorizedLines(file.text);
    for (const one of which) if (!keys.some((key) => isMeant(key, one))) throw notFound(user, one);
    const isDropped = (key: AuthorizedLine) => which.some((one) => isMeant(key, one));
    const { text, dropped } = dropAuthorizedKeys(file.text, isDropped);
    if (file.sum === undefined) {
      const lines = dropped.map(({ line }) => line);
      await this.#command('guest-ssh-remove-authorized-keys', { username: user, keys: lines }, user);
      const left = authorizedLines(await this.#ask(user, options)).filter(isDropped);
      if (left.length > 0) throw refused(this.#agent.peer, user);
    } else await this.#replace(user, file.sum, text, options);
    return dropped.map(described);
  }

  /** Reads in order to change. */
  async #open(user: string, options: KeysOptions): Promise<KeyFile> {
    if (!(await mayExec(this.#agent, options.signal))) {
      return { text: await this.#ask(user, options), sum: undefined };
    }
    try {
      return await this.#read(user, options);
    } catch (error) {
      if (!isFault(error, 'EXEC_NOT_FOUND', 'EXEC_NO_SHELL')) throw error; // no shell: Windows
      return { text: await this.#ask(user, options), sum: undefined };
    }
  }

  async #read(user: string, options: KeysOptions): Promise<KeyFile> {
    const { exitCode, stdout } = await runScript(this.#agent, KEYS_SCRIPT, ['read', user], options);
    if (exitCode === STATUS.noFile) return { text: '', sum: { cksum: 'none', sha256: 'none' } };
    if (exitCode !== STATUS.ok) throw this.#fault(exitCode, user);
    if (stdout.length > LARGEST_FILE) throw tooLarge(user);
    const sha256 = createHash('sha256').update(stdout).digest('hex');
    return { text: stdout.toString('latin1'), sum: { cksum: cksum(stdout), sha256 } };
  }

  async #replace(user: string, sum: FileSum, text: string, options: KeysOptions): Promise<void> {
    const stdin = Buffer.from(text, 'latin1');
    if (stdin.length > LARGEST_FILE) throw tooLarge(user);
    const words = ['replace', user, sum.cksum, sum.sha256];
    const { exitCode } = await runScript(this.#agent, KEYS_SCRIPT, words, { ...options, stdin });
    if (exitCode !== STATUS.ok) throw this.#fault(exitCode, user);
  }

  /** By the agent's command, which gives the keys last first. */
  async #ask(user: string, options: KeysOptions): Promise<string> {
    const command = 'guest-ssh-get-authorized-keys';
    try {
      const reply = await this.#agent.call(command, { username: user }, { ...options, readOnly: true });
      const lines = reply
        .member('keys')
        .list(MOST_KEYS)
        .map((key) => key.text(LARGEST_LINE));
      return lines.reverse().join('\n');
    } catch (error) {
      if (!(error instanceof QapiFault)) throw error;
      // No such file and no such user are refused alike. Removing nothing is done only for a user that is there, and
      // changes nothing where the file cannot be read.
      await this.#command('guest-ssh-remove-authorized-keys', { username: user, keys: [] }, user);
      return '';
    }
  }

  async #command(command: string, args: object, user: string): Promise<void> {
    try {
      await this.#agent.call(command, args);
    } catch (error) {
      if (!(error instanceof QapiFault)) throw error;
      const isKnown = await knowsUser(this.#agent, user);
      throw isKnown === false ? userUnknown(this.#agent.peer, user) : refused(this.#agent.peer, user, error);
    }
  }

  #fault(status: number | null, user: string): Fault {
    switch (status) {
      case STATUS.userUnknown:
        return userUnknown(this.#agent.peer, user);
      case STATUS.noHome:
        return new Fault('not-found', 'KEYS_HOME_MISSING', `The home directory of ${user} is not there`, {
          hint: 'Make it in the guest: keys are kept in .ssh in the home directory.',
        });
      case STATUS.unsafe:
        return new Fault('refused', 'KEYS_FILE_UNSAFE', `The .ssh of ${user} is or holds a link`, {
          hint: 'Look at ~/.ssh and ~/.ssh/authorized_keys in the guest: neither symbolic nor hard links are followed.',
        });
      case STATUS.changed:
        return new Fault('conflict', 'KEYS_CHANGED', `The keys of ${user} were changed by somebody else`, {
          hint: 'Nothing was changed by this command. Try again.',
        });
      default:
        return refused(this.#agent.peer, user);
    }
  }
}

/** What a line of authorized_keys says; undefined for a line that holds no key. */
export function describeKey(line: string): AuthorizedKey | undefined {
  const key = readAuthorizedLine(line);
  return key === undefined ? undefined : described(key);
}

function described({ type, blob, comment, line }: AuthorizedLine): AuthorizedKey {
  const digest = createHash('sha256').update(Buffer.from(blob, 'base64')).digest('base64');
  const readable = (text: string) => Buffer.from(text, 'latin1').toString('utf8');
  return {
    type,
    fingerprint: `SHA256:${digest.replace(/=+$/, '')}`,
    comment: readable(comment),
    line: readable(line),
  };
}

function isMeant(key: AuthorizedLine, which: string): boolean {
  const wanted = which.trim();
  if (wanted.startsWith('SHA256:')) return described(key).fingerprint === wanted;
  const line = readAuthorizedLine(wanted);
  if (line !== undefined) return line.blob === key.blob;
  return wanted !== '' && described(key).comment === wanted;
}

function notFound(user: string, which: string): Fault {
  const shown = which.length > 80 ? `${which.slice(0, 80)}…` : which;
  return new Fault('not-found', 'KEYS_NOT_FOUND', `${user} has no key that is "${shown}"`, {
    hint: 'novalet keys list NAME shows fingerprints and comments. Nothing was removed.',
  });
}

function tooLarge(user: string): Fault {
  return new Fault('exhausted', 'KEYS_FILE_TOO_LARGE', `The keys of ${user} take more than 256 KiB`, {
    hint: 'Look at ~/.ssh/authorized_keys in the guest.',
  });
}

function refused(peer: string, user: string, cause?: unknown): Fault {
  return new Fault('refused', 'KEYS_REFUSED', `${peer} could not change or read the keys of ${user}`, {
    cause,
    hint: 'Look whether the user and its home are there, whether the disk is full or read-only, and at SELinux.',
  });
}
