// How a script of this folder is run in the guest, and how its lines are read.
import { Fault } from '../../base/index.ts';
import { shortened } from '../../qapi/index.ts';
import type { ExecOptions } from '../exec-request.ts';
import type { ExecResult } from '../exec-result.ts';

/** `Agent` fits. */
export interface RenewalAgent {
  readonly peer: string;
  exec(argv: readonly string[], options?: ExecOptions): Promise<ExecResult>;
}

export interface ScriptOptions {
  readonly timeoutMs: number;
  readonly stdin?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

const MOST_BYTES = 4096;

/**
 * Runs one of our scripts and gives its lines up to `end`. Throws what Agent.exec throws, `EXEC_TIMEOUT` among it, and
 * `RENEWAL_ANSWER_INVALID` where it did not come to its end or said more than it can.
 */
export async function linesOf(
  agent: RenewalAgent,
  script: string,
  { timeoutMs, stdin, signal }: ScriptOptions,
): Promise<readonly string[]> {
  // By a signal and not by the option of that name, which would put two more programs around the script.
  const seconds = timeoutMs / 1000;
  const overtime = new Fault('timeout', 'EXEC_TIMEOUT', `The script ran for more than ${seconds} s`);
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(overtime), timeoutMs);
  try {
    const { exitCode, stdout } = await agent.exec(['/bin/sh', '-c', script, 'novalet-renewal'], {
      stdin,
      signal: signal === undefined ? deadline.signal : AbortSignal.any([signal, deadline.signal]),
    });
    if (stdout.length > MOST_BYTES) throw invalid(agent, 'it says more than it can');
    const lines = stdout.toString('latin1').split('\n');
    if (exitCode !== 0 || lines.pop() !== '' || lines.pop() !== 'end')
      throw invalid(agent, `it stopped halfway (exit status ${exitCode ?? 'none'})`);
    return lines;
  } finally {
    clearTimeout(timer);
  }
}

/** Each line is a word and what is said of it; a word may come once. */
export class Answers {
  readonly #agent: RenewalAgent;
  readonly #said = new Map<string, string>();

  constructor(agent: RenewalAgent, lines: readonly string[]) {
    this.#agent = agent;
    for (const line of lines) {
      const [word = '', said = '', ...more] = line.split(' ');
      if (more.length > 0 || this.#said.has(word)) throw invalid(agent, `it says ${shortened(line)}`);
      this.#said.set(word, said);
    }
  }

  /** Takes one out. Throws `RENEWAL_ANSWER_INVALID` where it is missing, or none of `allowed`. */
  take<T extends string>(word: string, allowed: readonly T[]): T {
    const said = this.#said.get(word);
    const found = allowed.find((each) => each === said);
    if (found === undefined) throw invalid(this.#agent, `of ${word} it says ${shortened(said ?? 'nothing')}`);
    this.#said.delete(word);
    return found;
  }

  takeYes(word: string): boolean {
    return this.take(word, ['yes', 'no']) === 'yes';
  }

  /** Throws where something is left. */
  finish(): void {
    const [left] = this.#said.keys();
    if (left !== undefined) throw invalid(this.#agent, `it says something of ${shortened(left)}`);
  }
}

export function invalid(agent: RenewalAgent, why: string): Fault {
  return new Fault('corrupt', 'RENEWAL_ANSWER_INVALID', `${agent.peer} ran our script, and ${why}`, {
    outcome: 'unknown',
    hint: 'Its shell is not what it should be, or somebody in the guest changes what it runs.',
  });
}
