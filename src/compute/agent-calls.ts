// Which call of an agent goes to libvirt now, and over which connection, so that guests that hang hold up no others.
// Knows how long calls took; knows no libvirt.
//
// libvirtd works on five calls of one connection at a time (max_client_requests) and on twenty in all (max_workers). A call
// of an agent that hangs keeps one of each for five seconds and more, and cannot be taken back. Over a single connection,
// five hung guests stop every other one; a connection per guest would instead let twenty of them stop libvirtd itself, for
// everybody. So there are two kinds of guests: those whose last call was quick share two connections, and those whose last
// call was slow, answered or not, share a third one, where they wait for one another and for nobody else. A guest that
// begins to hang is in the way of the quick ones once, with one call, and comes back with the first quick answer. Twelve
// calls in all leave eight of libvirtd's workers to everything else. libvirt's own asynchronous way (a timeout of 0, nowait)
// gives no reply at all, so that it is none.
import { Gate } from '../base/index.ts';

/** The connections that agent calls go over. */
export type AgentConnection = 'agents' | 'more agents' | 'slow agents';

/** One less than max_client_requests, and as many as a connection of ours has threads. */
const CALLS_PER_CONNECTION = 4;
/** What agents do in an answering guest is a matter of milliseconds; without KVM, of tens of them. */
const SLOW_MS = 1000;

/** Leave to make one call. */
export interface Admission {
  readonly over: AgentConnection;
  /** The call came back, or was not made. */
  leave(): void;
}

export class AgentCalls {
  readonly #quick = new Gate(2 * CALLS_PER_CONNECTION);
  readonly #slow = new Gate(CALLS_PER_CONNECTION);
  readonly #slowGuests = new Set<string>();
  readonly #now: () => number;
  #first = 0;

  /** `now`: a clock in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Waits for room for one call of the guest. Rejects when the signal fires first, and has then taken none. */
  async admit(guest: string, signal: AbortSignal): Promise<Admission> {
    const isSlow = this.#slowGuests.has(guest);
    const { promise: admitted, resolve } = Promise.withResolvers<Admission>();
    const { promise: left, resolve: leave } = Promise.withResolvers<void>();
    const inside = async () => {
      const over = isSlow ? 'slow agents' : this.#freer();
      const began = this.#now();
      resolve({ over, leave });
      await left;
      if (over === 'agents') this.#first -= 1;
      this.#remember(guest, this.#now() - began);
    };
    const stay = (isSlow ? this.#slow : this.#quick).run(inside, signal);
    await Promise.race([admitted, stay]); // stay ends first only by the signal
    return await admitted;
  }

  /** The guest's agent is a new one, or the guest is gone. */
  forget(guest: string): void {
    this.#slowGuests.delete(guest);
  }

  #freer(): AgentConnection {
    if (this.#first >= CALLS_PER_CONNECTION) return 'more agents';
    this.#first += 1;
    return 'agents';
  }

  #remember(guest: string, tookMs: number): void {
    if (tookMs < SLOW_MS) this.#slowGuests.delete(guest);
    else this.#slowGuests.add(guest);
  }
}
