// The reaper as the process sees it that it watches: started, and dismissed when all was removed.
// It holds the reading end of a pipe whose other end only that process has: however the process ends, the pipe does too.
import { type ChildProcess, spawn } from 'node:child_process';
import { extname, join } from 'node:path';
import type { OpenOptions } from '../app/index.ts';
import { within } from '../base/index.ts';

const DISMISSAL_MS = 10_000;

export interface ReaperOrder {
  /** The tag of what it is to remove. */
  readonly tag: string;
  readonly host: Pick<OpenOptions, 'connect' | 'configFile' | 'subject'>;
  /** A file for what it could not do: nobody is left to be told. */
  readonly log: string;
}

export class ReaperProcess {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** In a session of its own, so that no Ctrl-C reaches it. It keeps nobody from ending. */
  static async start({ tag, host, log }: ReaperOrder): Promise<ReaperProcess> {
    const { connect, configFile, subject } = host;
    const options = { tag, log, connect, config: configFile, subject };
    const words = Object.entries(options).flatMap(([name, value]) =>
      value === undefined ? [] : [`--${name}=${value}`],
    );
    const main = join(import.meta.dirname, `reaper${extname(import.meta.filename)}`); // compiled or not, as this file
    // what a runner gave its own process is not for another one
    const { NODE_OPTIONS: _options, NODE_V8_COVERAGE: _coverage, ...env } = process.env;
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...words], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      env,
    });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    child.once('spawn', resolve);
    child.once('error', reject);
    child.stdin.on('error', () => undefined); // it was killed: the next run looks after what it would have removed
    await promise;
    child.unref();
    if ('unref' in child.stdin && typeof child.stdin.unref === 'function') child.stdin.unref();
    return new ReaperProcess(child);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Resolves when it has ended. */
  async dismiss(): Promise<void> {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    child.once('exit', () => resolve());
    child.ref();
    child.stdin?.end('dismissed');
    await within(DISMISSAL_MS, `process ${child.pid}, which watches this one, to end`, () => promise);
  }
}
