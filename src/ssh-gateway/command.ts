// What a client asks to run, as a program with arguments. A command line goes to the user's own shell, as sshd does it:
// the road sets SHELL and HOME from the guest's user database, and a shell that is there on every guest passes it on.
import type { SpawnRequest } from './reach.ts';

export interface TerminalWish {
  readonly term: string;
  readonly rows: number;
  readonly columns: number;
}

export interface CommandWish {
  /** Undefined for a login shell. */
  readonly command: string | undefined;
  readonly user: string;
  readonly env: ReadonlyMap<string, string>;
  readonly terminal: TerminalWish | undefined;
}

const HOME = `cd "\${HOME:-/}" 2>/dev/null || cd /;`;
const RUN = `${HOME} exec "\${SHELL:-/bin/sh}" -c "$1"`;
const LOGIN = `${HOME} exec "\${SHELL:-/bin/sh}" -l`;

export function spawnRequest({ command, user, env, terminal }: CommandWish): SpawnRequest {
  return {
    argv: command === undefined ? ['/bin/sh', '-c', LOGIN] : ['/bin/sh', '-c', RUN, 'sh', command],
    user,
    env: Object.fromEntries(env),
    terminal,
    stdin: true,
  };
}

/**
 * The first word of a command line, for logs and the audit: not its arguments, which may hold secrets. What begins with
 * anything but a plain word (an assignment, a quote) gives `(shell)`.
 */
export function programOf(command: string): string {
  const word = /^\s*([A-Za-z0-9_@%+:,./-]{1,256})(?=[\s;|&<>)]|$)/.exec(command)?.[1];
  return word ?? '(shell)';
}

const ALWAYS = ['LANG', 'LC_*', 'TERM'];
const MOST_VARIABLES = 64;
const LONGEST_VALUE = 4096;

/** Variables that a client may set: the ones named, with `*` at the end or within. */
export class Environment {
  readonly #patterns: readonly RegExp[];
  readonly values = new Map<string, string>();

  constructor(acceptEnv: readonly string[]) {
    this.#patterns = [...ALWAYS, ...acceptEnv].map(
      (pattern) => new RegExp(`^${pattern.replaceAll('*', '[A-Za-z0-9_]*')}$`),
    );
  }

  /** Whether it was taken. */
  set(name: string, value: string): boolean {
    if (name.length > 64 || value.length > LONGEST_VALUE || value.includes('\0')) return false;
    if (!this.values.has(name) && this.values.size >= MOST_VARIABLES) return false;
    if (!this.#patterns.some((pattern) => pattern.test(name))) return false;
    this.values.set(name, value);
    return true;
  }
}
