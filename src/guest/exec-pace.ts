// When to ask first whether a command has ended. Each question takes the guest's time from the command that is asked about, and
// one that comes late is waited for in vain. Knows times; knows no agent.

/** The part of the start's round trip that a short command runs on after it: both are a fork's worth of guest time. */
const START_SHARE = 0.3;
const SHORTEST_MS = 3;
/** While nothing is known of the guest. */
const LONGEST_UNKNOWN_MS = 25;
const LONGEST_MS = 100;
/** A quick command takes no longer than so many round trips of its start. */
const MOST_STARTS = 4;
/** What the quickest command took is never seen exactly: a little less finds one that is quicker. */
const UNDERCUT = 0.85;
const REMEMBERED = 8;

/** What the latest commands of one guest teach of the next one. */
export class ExecPace {
  readonly #latest: number[] = [];

  /** The pause before the first question, in milliseconds, after a start that took `startMs`. */
  firstDelayMs(startMs: number): number {
    if (this.#latest.length === 0) return between(SHORTEST_MS, startMs * START_SHARE, LONGEST_UNKNOWN_MS);
    const quickest = Math.min(...this.#latest) * UNDERCUT;
    return between(SHORTEST_MS, quickest, Math.min(LONGEST_MS, startMs * MOST_STARTS));
  }

  /** For the asking about a command whose start took `startMs`, which teaches of the next one. */
  of(startMs: number): { readonly firstDelayMs: number; readonly onEnd: (afterMs: number) => void } {
    return { firstDelayMs: this.firstDelayMs(startMs), onEnd: (afterMs) => this.ended(afterMs) };
  }

  /** A command had ended when it was asked about so long after its start. */
  ended(afterMs: number): void {
    this.#latest.push(afterMs);
    if (this.#latest.length > REMEMBERED) this.#latest.shift();
  }
}

function between(least: number, value: number, most: number): number {
  return Math.max(least, Math.min(value, most));
}
