// A program in the guest joined to this process: its output to ours as it appears, our input to it, our signals to it.
import type { Readable, Transform, Writable } from 'node:stream';
import { errnoCode, Fault, isFault } from '../base/index.ts';
import type { GuestProcess, ProcessEnd } from '../compute/index.ts';
import { isTerminal, RawTerminal } from './guest-terminal.ts';
import type { Session } from './session.ts';

export interface JoinOptions {
  readonly hasTerminal: boolean;
  readonly sendsStdin: boolean;
  /** Kills the tree when it passes. */
  readonly timeoutMs?: number | undefined;
  /** Bytes of each stream that are shown; the rest is read and dropped. */
  readonly maxOutput?: number | undefined;
  /** For messages. */
  readonly what: string;
}

/** Resolves when the program has ended and all it wrote is handed on. Throws `EXEC_TIMEOUT`, `INTERRUPTED` and what the road throws. */
export async function joined(
  session: Session,
  process: GuestProcess,
  options: JoinOptions,
): Promise<ProcessEnd> {
  const { streams } = session;
  using _raw = options.hasTerminal && isTerminal(streams) ? new RawTerminal(streams, process) : undefined;
  using _signals = session.interrupt.handOn((name) => {
    process.signal(name).catch(() => {}); // it has ended, or the road broke: that is told by `ended`
  });
  using deadline = new Deadline(process, options);
  const output = Promise.all([
    shown(session, process.stdout, { stream: 'stdout', ...options }),
    shown(session, process.stderr, { stream: 'stderr', ...options }),
  ]);
  const input = options.sendsStdin ? fed(streams.stdin, process.stdin) : undefined;
  try {
    const work = Promise.all([process.ended, output, deadline.failure()]);
    const [end] = await session.interrupt.race(orFailing(work, input));
    deadline.throwIfPassed();
    return end;
  } catch (error) {
    if (isFault(error, 'INTERRUPTED')) await process.kill();
    throw error;
  } finally {
    input?.stop();
  }
}

/** The program's time. */
class Deadline implements Disposable {
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #failed = Promise.withResolvers<void>();
  readonly #fault: Fault;
  #passed = false;

  constructor(process: GuestProcess, { timeoutMs, what }: JoinOptions) {
    this.#fault = new Fault(
      'timeout',
      'EXEC_TIMEOUT',
      `${what} ran for more than ${(timeoutMs ?? 0) / 1000} s and was killed`,
      {
        hint: 'Give it more time, or find out in the guest what it waits for.',
      },
    );
    if (timeoutMs === undefined) return;
    this.#timer = setTimeout(() => {
      this.#passed = true;
      process.kill().catch((cause: unknown) => this.#failed.reject(notKilled(what, process.pid, cause)));
    }, timeoutMs);
    process.ended.then(
      () => this.#failed.resolve(),
      () => this.#failed.resolve(),
    );
  }

  /** Rejects when the program ran too long and could not be killed; resolves when it has ended. */
  async failure(): Promise<void> {
    if (this.#timer !== undefined) await this.#failed.promise;
  }

  throwIfPassed(): void {
    if (this.#passed) throw this.#fault;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}

interface Showing extends JoinOptions {
  readonly stream: 'stdout' | 'stderr';
}

async function shown(session: Session, from: Readable, { stream, maxOutput }: Showing): Promise<void> {
  let left = maxOutput ?? Number.POSITIVE_INFINITY;
  let isCut = false;
  for await (const chunk of from) {
    const bytes: Buffer = chunk;
    const part = bytes.subarray(0, left);
    isCut ||= part.length < bytes.length;
    left -= part.length;
    if (stream === 'stdout') await session.write(part);
    else await session.writeError(part);
  }
  if (isCut) await session.warn(`the guest wrote more to ${stream} than was kept; the rest is lost`);
}

export interface Feeding {
  /** Rejects with `FILE_UNREADABLE`: what the program got is not all there was. */
  readonly failed: Promise<never>;
  stop(): void;
}

/** Copies our input until its end, or until the program takes no more; `through` may keep some of it. */
export function fed(from: NodeJS.ReadStream, to: Writable, through?: Transform): Feeding {
  const { promise: failed, reject } = Promise.withResolvers<never>();
  failed.catch(() => {}); // nobody has to wait for it when the program ends first
  const stop = () => {
    from.unpipe(through ?? to);
    from.pause();
    if (from.isTTY !== true)
      from.destroy(); // a pipe that nobody reads on would keep this process alive
    else from.unref();
  };
  from.on('error', (error) => reject(unreadable(error)));
  to.on('error', stop); // the program takes no more, or the road broke: that is told by `ended`
  if (through === undefined) from.pipe(to);
  else from.pipe(through).pipe(to);
  return { failed, stop };
}

/** The work, unless its input fails first. */
export async function orFailing<T>(work: Promise<T>, input: Feeding | undefined): Promise<T> {
  return input === undefined ? await work : await Promise.race([work, input.failed]);
}

function unreadable(cause: Error): Fault {
  return new Fault(
    'invalid',
    'FILE_UNREADABLE',
    `Standard input cannot be read (${errnoCode(cause) ?? 'unknown error'})`,
    { cause, hint: 'Redirect it from a file or a pipe, or leave out -i.' },
  );
}

function notKilled(what: string, pid: number, cause: unknown): Fault {
  return new Fault('timeout', 'EXEC_TIMEOUT', `${what} ran too long; it could not be killed`, {
    outcome: 'unknown',
    cause,
    hint: `It may still run in the guest with pid ${pid}.`,
  });
}
