// A process of its own that works on a store and can be killed in the middle.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

type Ask = 'acquire' | 'take-over' | 'hammer' | 'flavors' | 'reopen';

export class StoreProcess implements AsyncDisposable {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Starts it; the store itself is opened by the first question. */
  static async start(path: string): Promise<StoreProcess> {
    const child = fork(fileURLToPath(new URL('store-worker.ts', import.meta.url)), [path]);
    await once(child, 'message');
    return new StoreProcess(child);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Sends one question; rejects when the process ends before it answers. */
  async ask(what: Ask, argument: string): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.#child.on('message', (message: unknown) => {
      if (message !== 'progress') resolve(String(message));
    });
    this.#child.once('exit', (_code, signal) => reject(new Error(`the process ended: ${signal}`)));
    this.#child.send({ what, argument });
    return await promise;
  }

  /** Kills it as soon as it says that it is in the middle of its work. */
  async killAfterProgress(): Promise<void> {
    await once(this.#child, 'message');
    await this.kill();
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
