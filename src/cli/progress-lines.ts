// Progress for logs and pipes: one line for each step with the seconds since the start.
import { formatBytes } from '../base/index.ts';
import type { ProgressEvent } from '../compute/index.ts';
import { printableLine } from './printable.ts';
import { formatAmount, type ProgressDisplay } from './progress.ts';

/** How often one step may report how far it is. */
const REPORT_EVERY_MS = 5000;
/** How often one step may say in other words what it does. */
const REWORD_EVERY_MS = 1000;

interface Said {
  readonly what: string;
  readonly at: number;
}

export class LineProgress implements ProgressDisplay {
  readonly #write: (line: string) => void;
  readonly #now: () => number;
  readonly #startedAt: number;
  /** What was said last of each step, by its name. */
  readonly #said = new Map<string, Said>();

  /** `now` is a clock in milliseconds. */
  constructor(write: (line: string) => void, now: () => number = () => performance.now()) {
    this.#write = write;
    this.#now = now;
    this.#startedAt = now();
  }

  show(event: ProgressEvent): void {
    const last = this.#said.get(event.step);
    if (event.phase === 'end') this.#said.delete(event.step);
    else if (last === undefined) this.#say(event, event.what);
    else if (event.phase === 'progress') this.#report(event, last);
  }

  succeed(): void {
    this.#said.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#said.clear();
  }

  #report(event: ProgressEvent, last: Said): void {
    const age = this.#now() - last.at;
    const isReworded = event.what !== last.what;
    if (age < (isReworded ? REWORD_EVERY_MS : REPORT_EVERY_MS)) return;
    const amount = formatAmount(event, formatBytes);
    if (amount !== '') this.#say(event, `${event.what}: ${amount}`);
    else if (isReworded) this.#say(event, event.what);
  }

  #say(event: ProgressEvent, text: string): void {
    const now = this.#now();
    this.#said.set(event.step, { what: event.what, at: now });
    const seconds = ((now - this.#startedAt) / 1000).toFixed(1);
    this.#write(`[${seconds.padStart(6)} s] ${printableLine(text)}\n`);
  }
}
