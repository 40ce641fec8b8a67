// A program on the hypervisor host that is talked to: a line in, its answer out, as long as it lives.
// It ends by itself when its standard input does, so also when we are killed.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { errnoCode, type Fault, throwIfCancelled } from '../base/index.ts';
import { baseEnvironment, killGroup, ProgramFault } from './run-program.ts';

export interface TalkOptions {
  /** Added to the minimal environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Bytes of one answer; more ends the program with `PROGRAM_OUTPUT_TOO_LARGE`. Default 1 MiB. */
  readonly maxAnswerBytes?: number;
}

const STDERR_KEPT = 8192;
const DEFAULT_ANSWER = 1024 * 1024;

/**
 * One conversation. `say` throws `PROGRAM_MISSING`, `PROGRAM_FAILED` when the program ended instead of answering,
 * `PROGRAM_OUTPUT_TOO_LARGE`, or `CANCELLED`. Disposal kills the whole process group.
 */
export class TalkingProgram implements AsyncDisposable {
  readonly #program: string;
  readonly #args: readonly string[];
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #limit: number;
  readonly #closed: Promise<void>;
  readonly #signal: AbortSignal | undefined;
  #heard = '';
  #stderr = '';
  #startError: unknown;
  #isTooLong = false;
  #isClosed = false;
  #wake: (() => void) | undefined;

  constructor(program: string, args: readonly string[], options: TalkOptions = {}) {
    throwIfCancelled(options.signal, program);
    this.#program = program;
    this.#args = args;
    this.#limit = options.maxAnswerBytes ?? DEFAULT_ANSWER;
    this.#signal = options.signal;
    this.#child = spawn(program, [...args], {
      env: { ...baseEnvironment(), ...options.env },
      stdio: 'pipe',
      detached: true, // its own process group, so that all of it can be killed
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#closed = promise;
    const end = () => {
      this.#isClosed = true;
      resolve();
      this.#wake?.();
    };
    this.#child.once('error', (error) => {
      this.#startError = error;
      end();
    });
    this.#child.once('close', end);
    this.#child.stdin.on('error', () => undefined); // it ended; its status tells why
    this.#child.stdout.on('data', (chunk: Buffer) => this.#hear(chunk.toString('latin1')));
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString('utf8')).slice(-STDERR_KEPT);
    });
    this.#signal?.addEventListener('abort', this.#kill, { once: true });
  }

  /** Writes `text` and gives what comes back up to the first match of `until`, which is left out; latin1, byte by byte. */
  async say(text: string, until: RegExp): Promise<string> {
    this.#child.stdin.write(text, 'latin1');
    for (;;) {
      throwIfCancelled(this.#signal, this.#program);
      if (this.#isTooLong) throw this.#fault('PROGRAM_OUTPUT_TOO_LARGE', 'printed more than is allowed');
      const found = until.exec(this.#heard);
      if (found !== null) {
        const answer = this.#heard.slice(0, found.index);
        this.#heard = this.#heard.slice(found.index + found[0].length);
        return answer;
      }
      if (this.#isClosed) throw this.#ended();
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
  }

  /** Ends its input and waits for it to end well. */
  async finish(): Promise<void> {
    this.#child.stdin.end();
    await this.#closed;
    throwIfCancelled(this.#signal, this.#program);
    if (this.#child.exitCode !== 0) throw this.#ended();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#kill);
    if (!this.#isClosed) this.#kill();
    await this.#closed;
  }

  readonly #kill = (): void => {
    const { pid } = this.#child;
    if (pid !== undefined && !this.#isClosed) killGroup(pid);
  };

  #hear(text: string): void {
    this.#heard += text;
    if (this.#heard.length > this.#limit) {
      this.#isTooLong = true;
      this.#heard = '';
      this.#kill();
    }
    this.#wake?.();
  }

  #ended(): Fault {
    if (errnoCode(this.#startError) === 'ENOENT') {
      return this.#fault('PROGRAM_MISSING', 'is not installed on this host');
    }
    const { exitCode } = this.#child;
    return this.#fault(
      'PROGRAM_FAILED',
      exitCode === null ? 'was killed by a signal' : `ended with status ${exitCode}`,
    );
  }

  #fault(code: 'PROGRAM_MISSING' | 'PROGRAM_FAILED' | 'PROGRAM_OUTPUT_TOO_LARGE', how: string): Fault {
    const isMissing = code === 'PROGRAM_MISSING';
    const lastLine = this.#stderr.trim().split('\n').at(-1) ?? '';
    const message = `${this.#program} ${how}${lastLine === '' ? '' : `: ${lastLine}`}`;
    return new ProgramFault(isMissing ? 'unsupported' : 'refused', code, message, {
      program: this.#program,
      args: this.#args,
      exitCode: this.#child.exitCode,
      stderrTail: this.#stderr,
      cause: this.#startError,
      ...(isMissing ? { hint: 'novalet doctor lists the packages to install.' } : {}),
    });
  }
}
