// What `instance.exec()` gives: a promise of the result that is also a running program. Who only awaits it gets the output
// whole; who touches a stream, stdin or kill() before that gets it as it comes.
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Fault } from '../base/index.ts';
import type { ActOptions, Compute, ExecRequest, ExecResult, GuestProcess } from '../compute/index.ts';

/** An ExecResult with its output decoded as UTF-8; empty where the streams were read instead. */
export type ExecText = Omit<ExecResult, 'stdout' | 'stderr'> & {
  readonly stdout: string;
  readonly stderr: string;
};

export type ExecCallOptions = Omit<ExecRequest, 'argv' | 'stdin'> & {
  readonly stdin?: string | Uint8Array;
} & Pick<ActOptions, 'signal'>;

interface Streams {
  readonly stdin: PassThrough;
  readonly stdout: PassThrough;
  readonly stderr: PassThrough;
}

/**
 * One program in the guest. `await` it for its result; or read `stdout` and `stderr` (async iterables of bytes), write
 * to `stdin`, `kill()` it, and await it at the end. It starts by itself in the next turn of the event loop.
 */
export class ExecCall implements Promise<ExecText> {
  readonly [Symbol.toStringTag] = 'ExecCall';
  readonly #compute: Compute;
  readonly #ref: string;
  readonly #argv: readonly string[];
  readonly #options: ExecCallOptions;
  #streams: Streams | undefined;
  #usesStdin = false;
  #running: Promise<GuestProcess> | undefined;
  #result: Promise<ExecText> | undefined;

  /** Only for InstanceHandle. */
  constructor(compute: Compute, ref: string, argv: readonly string[], options: ExecCallOptions) {
    this.#compute = compute;
    this.#ref = ref;
    this.#argv = argv;
    this.#options = options;
    setImmediate(() => {
      this.#start().catch(() => {}); // whoever awaits the call is told; nobody else is owed it
    });
  }

  get stdout(): Readable {
    return this.#live().stdout;
  }

  get stderr(): Readable {
    return this.#live().stderr;
  }

  /** Kept open until it is ended; `options.stdin` is for what is known beforehand. */
  get stdin(): Writable {
    this.#usesStdin = true;
    return this.#live().stdin;
  }

  /** Kills the program with its whole tree. Resolves when that was done; the call then resolves with its signal. */
  async kill(): Promise<void> {
    this.#live();
    void this.#start();
    await (await this.#running)?.kill();
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

  #live(): Streams {
    if (this.#streams !== undefined) return this.#streams;
    if (this.#result !== undefined) {
      throw new Fault(
        'invalid',
        'EXEC_STREAMS_LATE',
        'The streams of a program were asked for after it was started',
        {
          hint: 'Take stdout, stderr or stdin right after the call, before the first await.',
        },
      );
    }
    this.#streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
    return this.#streams;
  }

  #start(): Promise<ExecText> {
    this.#result ??= this.#streams === undefined ? this.#collect() : this.#stream(this.#streams);
    return this.#result;
  }

  async #collect(): Promise<ExecText> {
    const { stdin, signal, ...rest } = this.#options;
    const input = stdin === undefined ? {} : { stdin: Buffer.from(stdin) };
    const result = await this.#compute.exec(this.#ref, { ...rest, ...input, argv: this.#argv }, { signal });
    return { ...result, stdout: result.stdout.toString('utf8'), stderr: result.stderr.toString('utf8') };
  }

  async #stream(streams: Streams): Promise<ExecText> {
    this.#running = this.#spawn();
    try {
      await using process = await this.#running;
      using _limit = this.#limited(process);
      const { stdin } = this.#options;
      if (stdin !== undefined) streams.stdin.end(stdin);
      pipeline(streams.stdin, process.stdin).catch(() => {}); // a program need not read its input
      const [end] = await Promise.all([
        process.ended,
        pipeline(process.stdout, streams.stdout),
        pipeline(process.stderr, streams.stderr),
      ]);
      const { via } = process;
      return { ...end, stdout: '', stderr: '', stdoutTruncated: false, stderrTruncated: false, via };
    } catch (error) {
      const reason = error instanceof Error ? error : undefined;
      for (const stream of Object.values(streams)) stream.destroy(reason);
      throw error;
    }
  }

  async #spawn(): Promise<GuestProcess> {
    const { env, cwd, user, via, stdin, signal } = this.#options;
    const guest = await this.#compute.guest(this.#ref, via === undefined ? {} : { via });
    const hasInput = this.#usesStdin || stdin !== undefined;
    return await guest.spawn({ argv: this.#argv, env, cwd, user, stdin: hasInput, signal });
  }

  /** Kills it when the caller's signal fires or its time is over. */
  #limited(process: GuestProcess): Disposable {
    const { signal, timeoutMs } = this.#options;
    const kill = () => {
      process.kill().catch(() => {}); // `ended` tells when the road broke
    };
    signal?.addEventListener('abort', kill, { once: true });
    const timer = timeoutMs === undefined ? undefined : setTimeout(kill, timeoutMs);
    return {
      [Symbol.dispose]: () => {
        signal?.removeEventListener('abort', kill);
        clearTimeout(timer);
      },
    };
  }
}
