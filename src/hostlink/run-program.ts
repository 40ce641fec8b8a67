// Running one program on the hypervisor host: an argument list, bounded output, a deadline, a clean environment.
// Knows nothing of what the program is for.
import { spawn } from 'node:child_process';
import { errnoCode, Fault, type FaultKind, type FaultOptions, throwIfCancelled } from '../base/index.ts';

export interface RunOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** Written to standard input, which is /dev/null otherwise. */
  readonly stdin?: string | Uint8Array;
  readonly cwd?: string;
  /** Added to a minimal environment of PATH, HOME, LANG=C.UTF-8 and TMPDIR. */
  readonly env?: Readonly<Record<string, string>>;
  /** Bytes of standard output that are kept; more is a `PROGRAM_OUTPUT_TOO_LARGE`. */
  readonly maxOutputBytes?: number;
  /** Called with each chunk of standard output, for progress; the output is kept all the same. */
  readonly onStdout?: (chunk: string) => void;
  /** Called with each chunk of standard error, for progress. */
  readonly onStderr?: (chunk: string) => void;
}

export interface RunResult {
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramFacts extends FaultOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly exitCode: number | null;
  readonly stderrTail: string;
}

/** A program that could not be started, ran too long, or ended with another status than 0. */
export class ProgramFault extends Fault {
  readonly program: string;
  readonly args: readonly string[];
  readonly exitCode: number | null;
  readonly stderrTail: string;

  constructor(kind: FaultKind, code: string, message: string, facts: ProgramFacts) {
    super(kind, code, message, facts);
    this.program = facts.program;
    this.args = facts.args;
    this.exitCode = facts.exitCode;
    this.stderrTail = facts.stderrTail;
  }
}

const STDERR_KEPT = 8192;
const DEFAULT_TIMEOUT_MS = 60_000;
const DEFAULT_MAX_OUTPUT = 16 * 1024 * 1024;

/**
 * Runs `program` to its end and gives its output. Throws `PROGRAM_MISSING`, `PROGRAM_TIMEOUT`, `PROGRAM_OUTPUT_TOO_LARGE`,
 * `PROGRAM_FAILED` (any other exit status or a signal) or `CANCELLED`; the whole process group is killed first.
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  throwIfCancelled(options.signal, program);
  const run = new ProgramRun(program, args, options);
  return await run.result();
}

class ProgramRun {
  readonly #program: string;
  readonly #args: readonly string[];
  readonly #options: RunOptions;
  readonly #stdout: Buffer[] = [];
  #stdoutBytes = 0;
  #stderr = '';
  #stopped: Fault | undefined;

  constructor(program: string, args: readonly string[], options: RunOptions) {
    this.#program = program;
    this.#args = args;
    this.#options = options;
  }

  async result(): Promise<RunResult> {
    const { promise, resolve, reject } = Promise.withResolvers<number | null>();
    const child = spawn(this.#program, [...this.#args], {
      cwd: this.#options.cwd,
      env: { ...baseEnvironment(), ...this.#options.env },
      stdio: [this.#options.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      detached: true, // its own process group, so that all of it can be killed
    });
    const stop = (fault: Fault) => {
      this.#stopped ??= fault;
      if (child.pid !== undefined) killGroup(child.pid);
    };
    const timeoutMs = this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const timer = setTimeout(
      () => stop(this.#fault('timeout', 'PROGRAM_TIMEOUT', `ran longer than ${timeoutMs / 1000} s`)),
      timeoutMs,
    );
    const onAbort = () => stop(new Fault('cancelled', 'CANCELLED', `${this.#program} was cancelled`));
    this.#options.signal?.addEventListener('abort', onAbort, { once: true });
    child.once('error', reject);
    child.once('close', resolve);
    child.stdout?.on('data', (chunk: Buffer) => this.#keep(chunk, stop));
    child.stderr?.on('data', (chunk: Buffer) => this.#keepError(chunk.toString('utf8')));
    child.stdin?.on('error', () => undefined); // a program may stop reading early; its exit status tells
    child.stdin?.end(this.#options.stdin);
    try {
      const exitCode = await promise;
      return this.#finish(exitCode);
    } catch (error) {
      throw this.#startFault(error);
    } finally {
      clearTimeout(timer);
      this.#options.signal?.removeEventListener('abort', onAbort);
    }
  }

  #finish(exitCode: number | null): RunResult {
    if (this.#stopped !== undefined) throw this.#stopped;
    if (exitCode !== 0) {
      const how = exitCode === null ? 'was killed by a signal' : `ended with status ${exitCode}`;
      throw this.#fault('refused', 'PROGRAM_FAILED', how, { exitCode });
    }
    return { stdout: Buffer.concat(this.#stdout).toString('utf8'), stderr: this.#stderr };
  }

  #keep(chunk: Buffer, stop: (fault: Fault) => void): void {
    this.#stdoutBytes += chunk.length;
    if (this.#stdoutBytes > (this.#options.maxOutputBytes ?? DEFAULT_MAX_OUTPUT)) {
      stop(this.#fault('refused', 'PROGRAM_OUTPUT_TOO_LARGE', 'printed more than is allowed'));
      return;
    }
    this.#stdout.push(chunk);
    this.#options.onStdout?.(chunk.toString('utf8'));
  }

  #keepError(text: string): void {
    this.#stderr = (this.#stderr + text).slice(-STDERR_KEPT);
    this.#options.onStderr?.(text);
  }

  #startFault(error: unknown): Fault {
    if (error instanceof Fault) return error;
    if (errnoCode(error) === 'ENOENT') {
      return this.#fault('unsupported', 'PROGRAM_MISSING', 'is not installed on this host', { cause: error });
    }
    return this.#fault('internal', 'PROGRAM_FAILED', 'could not be started', { cause: error });
  }

  #fault(kind: FaultKind, code: string, how: string, facts: Partial<ProgramFacts> = {}): ProgramFault {
    const lastLine = this.#stderr.trim().split('\n').at(-1) ?? '';
    const message = `${this.#program} ${how}${lastLine === '' ? '' : `: ${lastLine}`}`;
    return new ProgramFault(kind, code, message, {
      program: this.#program,
      args: this.#args,
      exitCode: null,
      stderrTail: this.#stderr,
      ...(code === 'PROGRAM_MISSING' ? { hint: 'novalet doctor lists the packages to install.' } : {}),
      ...facts,
    });
  }
}

export function baseEnvironment(): Record<string, string> {
  const kept: Record<string, string> = {
    LANG: 'C.UTF-8',
    PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin',
  };
  for (const name of ['HOME', 'TMPDIR', 'XDG_RUNTIME_DIR', 'XDG_CONFIG_HOME', 'XDG_CACHE_HOME']) {
    const value = process.env[name];
    if (value !== undefined) kept[name] = value;
  }
  if (!kept['PATH']?.includes('/usr/sbin')) kept['PATH'] += ':/usr/sbin:/sbin'; // mkfs and mkswap live there
  return kept;
}

export function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (errnoCode(error) !== 'ESRCH') throw error; // it has ended already
  }
}
