// Ctrl-C and its kin: the first asks the command to stop and take back, the second leaves at once.
import { constants } from 'node:os';
import { Fault } from '../base/index.ts';
import { EXIT_PIPE_CLOSED } from './exit-codes.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type StopSignal = (typeof SIGNALS)[number];

/** Mean nothing to a command of ours; to a program in the guest they may, and every one of them is handed on. */
const FOR_PROGRAMS = ['SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;
export type HandedSignal = StopSignal | (typeof FOR_PROGRAMS)[number];

/** Watches the process's stop signals until it is disposed of. */
export class Interrupt implements Disposable {
  readonly #controller = new AbortController();
  readonly #onFirst: () => void;
  #received: StopSignal | undefined;
  #takesBack = false;
  #hasActed = false;
  #isPipeClosed = false;
  #take: ((name: HandedSignal) => void) | undefined;

  /** `onFirst` is told when the first signal comes while the engine works. */
  constructor(onFirst: () => void) {
    this.#onFirst = onFirst;
    for (const name of SIGNALS) process.on(name, this.#onSignal);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The engine is at work and will take back what it did; only then is there something to wait for. */
  get takesBack(): boolean {
    return this.#takesBack;
  }

  set takesBack(does: boolean) {
    this.#takesBack = does;
    this.#hasActed ||= does;
  }

  /** Nobody reads our output any more. */
  get isPipeClosed(): boolean {
    return this.#isPipeClosed;
  }

  /** What is under way ends as by a first signal: a program in the guest, which nobody would hear any more, among it. */
  onPipeClosed(): void {
    this.#isPipeClosed = true;
    if (!this.#hasActed) process.exit(EXIT_PIPE_CLOSED);
    this.#controller.abort(new Fault('cancelled', 'INTERRUPTED', 'Interrupted: nobody reads the output'));
  }

  /** 128 + the number of the signal that came, or undefined. */
  get exitCode(): number | undefined {
    return this.#received === undefined ? undefined : 128 + constants.signals[this.#received];
  }

  /** Waits for `work`, but not longer than until the first signal; for what has nothing to take back. */
  async race<T>(work: Promise<T>): Promise<T> {
    const { promise: stopped, reject } = Promise.withResolvers<never>();
    const onAbort = () => reject(this.signal.reason);
    if (this.signal.aborted) onAbort();
    this.signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await Promise.race([work, stopped]);
    } finally {
      this.signal.removeEventListener('abort', onAbort);
    }
  }

  /**
   * Hands signals to `take` until disposed of, in place of stopping: they are meant for what runs in the guest. When a
   * second one comes that asks to stop, the first has not helped, and the command stops.
   */
  handOn(take: (name: HandedSignal) => void): Disposable {
    this.#take = take;
    const listeners = FOR_PROGRAMS.map((name) => [name, () => take(name)] as const);
    for (const [name, listener] of listeners) process.on(name, listener);
    return {
      [Symbol.dispose]: () => {
        this.#take = undefined;
        for (const [name, listener] of listeners) process.off(name, listener);
      },
    };
  }

  [Symbol.dispose](): void {
    for (const name of SIGNALS) process.off(name, this.#onSignal);
  }

  readonly #onSignal = (name: NodeJS.Signals): void => {
    const stop = SIGNALS.find((known) => known === name);
    if (stop === undefined) return;
    if (this.#take !== undefined) {
      const take = this.#take;
      this.#take = undefined;
      take(stop);
      return;
    }
    if (this.#received !== undefined) process.exit(128 + constants.signals[stop]);
    this.#received = stop;
    if (this.takesBack) this.#onFirst();
    this.#controller.abort(new Fault('cancelled', 'INTERRUPTED', `Interrupted by ${stop}`));
  };
}
