// How many of one kind of heavy work run on this host at the same time, counted over all processes: each holds one of
// the kind's leases. What a dead process held is free at once; its work has leases of its own for what is to be repaired.
import { delay, Fault, isFault } from '../../base/index.ts';
import type { HeldLease, Store } from '../../store/index.ts';
import type { ActOptions } from '../compute.ts';

/**
 * `builds` wait in line while launches build; `snapshots` are copies of instances' disks, `conversions` of images. Who has a
 * turn may wait for one of a kind further to the right, and for no other: so no two ever wait for each other. An instance's
 * lease is taken after a turn to build and before any other, that of a base before one to convert.
 */
export const WORK_KINDS = ['builds', 'snapshots', 'conversions'] as const;
export type WorkKind = (typeof WORK_KINDS)[number];
export type WorkLimits = Readonly<Record<WorkKind, number>>;

const FIRST_LOOK_MS = 50;
const SLOWEST_LOOK_MS = 500;
/** Longer than any of the work is allowed to take that is waited for. */
const WAIT_MS = 7_200_000;

/** The key of a lease, `slot:builds:3`. */
const PREFIX = 'slot:';

export function isSlotLease({ key }: { readonly key: string }): boolean {
  return key.startsWith(PREFIX);
}

export class Slots {
  readonly #leases: Store['leases'];
  readonly #limits: WorkLimits;

  constructor(store: Store, limits: WorkLimits) {
    this.#leases = store.leases;
    this.#limits = limits;
  }

  /** Runs `work` as soon as fewer than the limit run. Throws `SLOT_TIMEOUT` and `CANCELLED`. */
  async run<T>(kind: WorkKind, work: () => Promise<T>, options: ActOptions = {}): Promise<T> {
    using _slot = await this.#take(kind, options);
    return await work();
  }

  async #take(kind: WorkKind, { signal, onProgress }: ActOptions): Promise<HeldLease> {
    const until = performance.now() + WAIT_MS;
    const turn = { step: 'turn', what: `waiting for a turn: ${this.#limits[kind]} ${kind} are under way` };
    for (
      let pauseMs = FIRST_LOOK_MS, looks = 0;
      ;
      pauseMs = Math.min(pauseMs * 1.5, SLOWEST_LOOK_MS), looks += 1
    ) {
      const slot = this.#tryTake(kind);
      if (slot !== undefined) {
        if (looks > 0) onProgress?.({ ...turn, phase: 'end' });
        return slot;
      }
      if (performance.now() > until) throw timedOut(kind, this.#limits[kind]);
      if (looks === 0) onProgress?.({ ...turn, phase: 'begin' });
      await delay(pauseMs, signal);
    }
  }

  #tryTake(kind: WorkKind): HeldLease | undefined {
    for (let number = 0; number < this.#limits[kind]; number += 1) {
      const slot = this.#tryOne(`${PREFIX}${kind}:${number}`, kind);
      if (slot !== undefined) return slot;
    }
    return undefined;
  }

  #tryOne(key: string, kind: WorkKind): HeldLease | undefined {
    const holder = this.#leases.get(key);
    if (holder !== undefined)
      return this.#leases.hasDeadOwner(holder) ? this.#leases.takeOver(holder, kind) : undefined;
    try {
      return this.#leases.acquire(key, kind);
    } catch (error) {
      if (isFault(error, 'LEASE_HELD', 'LEASE_ABANDONED')) return undefined; // somebody was quicker
      throw error;
    }
  }
}

function timedOut(kind: WorkKind, limit: number): Fault {
  return new Fault(
    'timeout',
    'SLOT_TIMEOUT',
    `Waited ${WAIT_MS / 3_600_000} hours for a turn: ${limit} ${kind} are under way all the time`,
    {
      hint: `Raise the limit of ${kind} in the configuration, or see what hangs: ps -C node -o pid,etime,args`,
    },
  );
}
