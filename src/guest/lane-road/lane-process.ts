// A program that runs over a lane, as a GuestProcess.
import type { Readable, Writable } from 'node:stream';
import { within } from '../../base/index.ts';
import type { LaneProcess } from '../../lane/index.ts';
import type { GuestProcess, ProcessEnd, SignalName, TerminalSize } from '../road.ts';
import { signalName, signalNumber } from './signals.ts';

const KILL_MS = 30_000;
const KILL_TIMEOUT = { kind: 'timeout', code: 'EXEC_KILL_TIMEOUT' } as const;

export class LaneGuestProcess implements GuestProcess {
  readonly via = 'lane';
  readonly ended: Promise<ProcessEnd>;
  readonly #program: LaneProcess;

  constructor(program: LaneProcess) {
    this.#program = program;
    this.ended = program.ended.then(({ exitCode, signal }) => ({
      exitCode,
      signal: signal === null ? null : signalName(signal),
    }));
    this.ended.catch(() => {}); // whoever waits for it hears of it
  }

  get pid(): number {
    return this.#program.pid;
  }

  get stdin(): Writable {
    return this.#program.stdin;
  }

  get stdout(): Readable {
    return this.#program.stdout;
  }

  get stderr(): Readable {
    return this.#program.stderr;
  }

  async signal(name: SignalName): Promise<void> {
    this.#program.signal(signalNumber(name), 'group');
  }

  /** Resolves when the program has ended. Throws `EXEC_KILL_TIMEOUT` when it does not: it hangs in the guest's kernel. */
  async kill(): Promise<void> {
    this.#program.signal(signalNumber('SIGKILL'), 'tree');
    await within(KILL_MS, `the end of process ${this.pid} in the guest`, () => this.ended, {
      code: KILL_TIMEOUT.code,
      outcome: 'unknown',
    });
  }

  async resize({ rows, columns }: TerminalSize): Promise<void> {
    this.#program.resize(rows, columns);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program.close();
  }
}
