// Results that nobody waited for: the agent keeps each, with its output, until somebody asks.
import { isFault } from '../base/index.ts';
import { QapiFault } from '../qapi/index.ts';
import type { AgentCaller } from './caller.ts';
import { STATUS_OPTIONS } from './exec-poll.ts';
import { decodeStatus } from './exec-result.ts';

const MOST = 256;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;

/** Asks after abandoned pids now and then, without keeping the process alive, until the agent has let go of each. */
export class Reaper {
  readonly #agent: AgentCaller;
  readonly #pids = new Set<number>();
  #pauseMs = FIRST_PAUSE_MS;
  #timer: NodeJS.Timeout | undefined;

  constructor(agent: AgentCaller) {
    this.#agent = agent;
  }

  /** How many results are still to be collected. */
  get size(): number {
    return this.#pids.size;
  }

  /** Takes a pid over. Beyond 256 the oldest is given up. */
  abandon(pid: number): void {
    this.#pids.delete(pid);
    this.#pids.add(pid);
    const oldest = this.#pids.values().next();
    if (this.#pids.size > MOST && oldest.done !== true) this.#pids.delete(oldest.value);
    this.#pauseMs = FIRST_PAUSE_MS;
    this.#schedule();
  }

  /** A new process got the number, and who waits for that one meets the older record on the way. */
  release(pid: number): void {
    this.#pids.delete(pid);
  }

  /** Asks after one pid and forgets it when it ended or is not known any more. */
  async #collect(pid: number): Promise<void> {
    try {
      const reply = await this.#agent.call('guest-exec-status', { pid }, STATUS_OPTIONS);
      if (decodeStatus(reply) !== undefined) this.#pids.delete(pid);
    } catch (error) {
      if (!isFault(error)) throw error;
      const isGone = error instanceof QapiFault || error.kind === 'corrupt' || error.kind === 'exhausted';
      if (isGone) this.#pids.delete(pid);
    }
  }

  /** The agent is a new one, and its memory empty. */
  forget(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pids.clear();
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#pids.size === 0) return;
    this.#timer = setTimeout(() => void this.#round(), this.#pauseMs).unref();
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, this.#pauseMs * 2);
  }

  async #round(): Promise<void> {
    for (const pid of [...this.#pids]) if (this.#pids.has(pid)) await this.#collect(pid);
    this.#timer = undefined;
    this.#schedule();
  }
}
