// Progress for logs and pipes: one line for each step with the seconds since the start.
import { formatBytes } from '../base/index.ts';
import type { ProgressEvent } from '../compute/index.ts';
import { printableLine } from './printable.ts';
import { formatAmount, type ProgressDisplay } from './progress.ts';

/** How often one step may report how far it is. */
const REPORT_EVERY_MS = 5000;

export class LineProgress implements ProgressDisplay {
  readonly #write: (line: string) => void;
  readonly #now: () => number;
  readonly #startedAt: number;
  readonly #reportedAt = new Map<string, number>();

  /** `now` is a clock in milliseconds. */
  constructor(write: (line: string) => void, now: () => number = () => performance.now()) {
    this.#write = write;
    this.#now = now;
    this.#startedAt = now();
  }

  show(event: ProgressEvent): void {
    const now = this.#now();
    if (event.phase === 'begin') {
      this.#reportedAt.set(event.step, now);
      this.#line(now, event.what);
    } else if (event.phase === 'end') {
      this.#reportedAt.delete(event.step);
    } else if (now - (this.#reportedAt.get(event.step) ?? 0) >= REPORT_EVERY_MS) {
      this.#reportedAt.set(event.step, now);
      this.#line(now, `${event.what}: ${formatAmount(event, formatBytes) || 'still at it'}`);
    }
  }

  succeed(): void {
    this.#reportedAt.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#reportedAt.clear();
  }

  #line(now: number, text: string): void {
    const seconds = ((now - this.#startedAt) / 1000).toFixed(1);
    this.#write(`[${seconds.padStart(6)} s] ${printableLine(text)}\n`);
  }
}
