// What `instance.exec()` gives: a promise of the result that is also a running program. Who only awaits it gets the output
// whole; who touches a stream before that gets that one as it comes.
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { asFault, errnoCode, Fault, throwIfCancelled } from '../base/index.ts';
import type { ActOptions, Compute, ExecRequest, ExecResult, GuestProcess } from '../compute/index.ts';
import { LimitedText } from './limited-text.ts';

/** An ExecResult with its output decoded as UTF-8; empty where a stream was read instead. */
export type ExecText = Omit<ExecResult, 'stdout' | 'stderr'> & {
  readonly stdout: string;
  readonly stderr: string;
};

export type ExecCallOptions = Omit<ExecRequest, 'argv' | 'stdin'> & {
  readonly stdin?: string | Uint8Array;
} & Pick<ActOptions, 'signal'>;

/** As Node's streams say it, and their async iterators. */
const READER_LEFT: ReadonlySet<string> = new Set(['ERR_STREAM_PREMATURE_CLOSE', 'ABORT_ERR']);

type OutputName = 'stdout' | 'stderr';
type StreamName = OutputName | 'stdin';

/**
 * One program in the guest. `await` it for its result; or read `stdout` and `stderr` (async iterables of bytes), write
 * to `stdin`, `kill()` it, and await it at the end. It starts by itself in the next turn of the event loop. Rejects with
 * `EXEC_TIMEOUT`, `CANCELLED` and what Compute.exec throws.
 */
export class ExecCall implements Promise<ExecText> {
  readonly [Symbol.toStringTag] = 'ExecCall';
  readonly #compute: Compute;
  readonly #ref: string;
  readonly #argv: readonly string[];
  readonly #options: ExecCallOptions;
  /** Those that the caller took; the others are collected. */
  readonly #streams = new Map<StreamName, PassThrough>();
  /** Fires when the program is to end before it does so by itself. */
  readonly #stop = new AbortController();
  #isKilled = false;
  #running: Promise<GuestProcess> | undefined;
  #killing: Promise<void> | undefined;
  #result: Promise<ExecText> | undefined;

  /** Only for InstanceHandle. */
  constructor(compute: Compute, ref: string, argv: readonly string[], options: ExecCallOptions) {
    this.#compute = compute;
    this.#ref = ref;
    this.#argv = argv;
    this.#options = options;
    setImmediate(() => void this.#start());
  }

  get stdout(): Readable {
    return this.#stream('stdout');
  }

  get stderr(): Readable {
    return this.#stream('stderr');
  }

  /** Kept open until it is ended; `options.stdin` is for what is known beforehand. */
  get stdin(): Writable {
    return this.#stream('stdin');
  }

  /**
   * Kills the program with its whole tree. Resolves when that was done; the call then resolves with its signal, or rejects
   * with `CANCELLED` when the program had not started.
   */
  async kill(): Promise<void> {
    this.#isKilled = true;
    this.#stop.abort(
      new Fault('cancelled', 'CANCELLED', `${this.#program} was killed before it had started`),
    );
    const result = this.#start();
    try {
      if (this.#running === undefined) await result;
      else await this.#running;
    } catch (error) {
      if (asFault(error).outcome === 'unknown') throw error;
      return; // nothing of it runs, and the call tells why
    }
    if (this.#running !== undefined) await this.#killed(await this.#running);
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a promise, so that `await instance.exec(…)` works
  then<T = ExecText, E = never>(
    onResult?: ((result: ExecText) => T | PromiseLike<T>) | null,
    onError?: ((error: unknown) => E | PromiseLike<E>) | null,
  ): Promise<T | E> {
    return this.#start().then(onResult, onError);
  }

  catch<E = never>(onError?: ((error: unknown) => E | PromiseLike<E>) | null): Promise<ExecText | E> {
    return this.#start().catch(onError);
  }

  finally(onEnd?: (() => void) | null): Promise<ExecText> {
    return this.#start().finally(onEnd);
  }

  get #program(): string {
    return this.#argv[0] ?? '';
  }

  #stream(name: StreamName): PassThrough {
    const known = this.#streams.get(name);
    if (known !== undefined) return known;
    if (this.#result !== undefined) {
      throw new Fault(
        'invalid',
        'EXEC_STREAMS_LATE',
        `The ${name} of a program was asked for after it was started`,
        {
          hint: 'Take stdout, stderr or stdin right after the call, before the first await.',
        },
      );
    }
    const stream = new PassThrough();
    stream.on('error', () => {}); // whoever awaits the call is told
    this.#streams.set(name, stream);
    return stream;
  }

  #start(): Promise<ExecText> {
    if (this.#result !== undefined) return this.#result;
    this.#result = this.#run();
    this.#result.catch(() => {}); // whoever awaits the call is told; nobody else is owed it
    return this.#result;
  }

  async #run(): Promise<ExecText> {
    const { signal } = this.#options;
    const onAbort = () => this.#stop.abort(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted === true) onAbort();
    try {
      throwIfCancelled(this.#stop.signal, this.#program);
      return this.#streams.size === 0 ? await this.#collect() : await this.#join();
    } catch (error) {
      const fault = asFault(error);
      for (const stream of this.#streams.values()) stream.destroy(fault);
      throw fault;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  async #collect(): Promise<ExecText> {
    const { stdin, signal: _signal, ...rest } = this.#options;
    const input = stdin === undefined ? {} : { stdin: Buffer.from(stdin) };
    const request = { ...rest, ...input, argv: this.#argv };
    const result = await this.#compute
      .exec(this.#ref, request, { signal: this.#stop.signal })
      .catch(async (error: unknown) => {
        const { ExecFault } = await import('../guest/index.ts');
        if (this.#isKilled && error instanceof ExecFault && error.result !== undefined)
          return { via: 'agent' as const, ...error.result }; // over a lane it says so itself
        throw error;
      });
    return { ...result, stdout: result.stdout.toString('utf8'), stderr: result.stderr.toString('utf8') };
  }

  async #join(): Promise<ExecText> {
    using stopped = this.#stopped();
    this.#running = this.#spawn();
    await using process = await this.#running;
    this.#feed(process);
    const work = Promise.all([
      process.ended,
      this.#output(process, 'stdout'),
      this.#output(process, 'stderr'),
    ]);
    try {
      const [{ exitCode, signal }, stdout, stderr] = await Promise.race([work, stopped.promise]);
      const { via } = process;
      return {
        ...{ exitCode, signal, via },
        ...{ stdout: stdout.text, stdoutTruncated: stdout.isCut },
        ...{ stderr: stderr.text, stderrTruncated: stderr.isCut },
      };
    } catch (error) {
      throw this.#stop.signal.aborted && !this.#isKilled
        ? await this.#givenUp(process, asFault(error))
        : error;
    }
  }

  async #spawn(): Promise<GuestProcess> {
    const { env, cwd, user, via, stdin } = this.#options;
    const { signal } = this.#stop;
    const guest = await this.#compute.guest(this.#ref, via === undefined ? { signal } : { via, signal });
    const hasInput = this.#streams.has('stdin') || stdin !== undefined;
    return await guest.spawn({ argv: this.#argv, env, cwd, user, stdin: hasInput, signal });
  }

  #feed(process: GuestProcess): void {
    const given = this.#streams.get('stdin');
    const { stdin } = this.#options;
    const gone = () => {}; // a program need not read its input; when the road broke, its end says so
    if (given === undefined) {
      process.stdin.on('error', gone);
      if (stdin !== undefined) process.stdin.end(stdin);
      return;
    }
    if (stdin !== undefined) given.end(stdin);
    pipeline(given, process.stdin).catch(gone);
  }

  /** To the caller's stream; or kept, up to the limit, where nobody took that. */
  async #output(process: GuestProcess, name: OutputName): Promise<LimitedText> {
    const kept = new LimitedText(this.#options.maxOutputBytes);
    const taken = this.#streams.get(name);
    if (taken === undefined) await kept.read(process[name]);
    else {
      try {
        await pipeline(process[name], taken);
      } catch (error) {
        // A reader that left its loop closes the pipe, as `head` does; the program goes on or dies of it.
        if (!READER_LEFT.has(errnoCode(error) ?? '')) throw error;
      }
    }
    return kept;
  }

  /** Rejects when the caller's signal fires or the time is over; not for kill(), after which the program's end is told. */
  #stopped(): Disposable & { readonly promise: Promise<never> } {
    const { timeoutMs } = this.#options;
    const { signal } = this.#stop;
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => {}); // raced only once the program runs; before that the start itself is given up
    const onAbort = () => {
      if (!this.#isKilled) reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    const pass = () => this.#stop.abort(overdue(this.#program, timeoutMs ?? 0));
    const timer = timeoutMs === undefined ? undefined : setTimeout(pass, timeoutMs);
    return {
      promise,
      [Symbol.dispose]: () => {
        signal.removeEventListener('abort', onAbort);
        clearTimeout(timer);
      },
    };
  }

  async #killed(process: GuestProcess): Promise<void> {
    this.#killing ??= process.kill();
    await this.#killing;
  }

  async #givenUp(process: GuestProcess, reason: Fault): Promise<Fault> {
    const { killedFault, unkilledFault } = await import('../guest/index.ts');
    const what = { command: this.#program, pid: process.pid, reason };
    try {
      await this.#killed(process);
    } catch (cause) {
      return unkilledFault(what, cause);
    }
    return killedFault(what, undefined);
  }
}

function overdue(program: string, timeoutMs: number): Fault {
  return new Fault('timeout', 'EXEC_TIMEOUT', `${program} ran for more than ${timeoutMs / 1000} s`, {
    hint: 'Give it more time, or find out in the guest what it waits for.',
  });
}
