// Leases: the locks between processes. A row says which process works on what; a row whose process has ended marks
// work that stopped in the middle, for whoever takes it over to undo or finish.
import { delay, Fault, isFault, newUuid } from '../base/index.ts';
import type { Database, Row } from './database.ts';
import { hasEnded, ownIdentity, type ProcessIdentity } from './process-identity.ts';
import { integer, text } from './row.ts';

export interface LeaseRecord {
  /** What is held, `instance:<uuid>`, `image:<id>`, `network:<name>` … */
  readonly key: string;
  /** Tells this holding from any other of the same key. */
  readonly token: string;
  /** What the owner does, for people and for recovery: `launch`, `delete` … */
  readonly what: string;
  /** ISO 8601, UTC. */
  readonly since: string;
  readonly owner: ProcessIdentity;
}

/** A lease that this process holds. Disposal releases it. */
export interface HeldLease extends LeaseRecord, Disposable {
  /** Gives it back; a second time, or after it was taken over, does nothing. */
  release(): void;
}

export interface WaitForLease {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** A dead owner's lease is taken over at once; for work that leaves nothing to repair when it stops anywhere. */
  readonly takeOverDead?: boolean;
  /** Called once, with who has it, when it is not to be had at once. */
  readonly onWait?: (holder: LeaseRecord) => void;
}

const FIRST_LOOK_MS = 50;
const SLOWEST_LOOK_MS = 250;

export class Leases {
  readonly #database: Database;
  #self: ProcessIdentity | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Takes the lease now, or throws: `LEASE_HELD` when a process that lives has it (this one, too), `LEASE_ABANDONED`
   * when its owner has ended; then take it over and repair what it left.
   */
  acquire(key: string, what: string): HeldLease {
    const record = this.#newRecord(key, what);
    const holder = this.#database.transaction(() => this.#insertUnlessHeld(record));
    if (holder === undefined) return this.#held(record);
    throw this.hasDeadOwner(holder) ? abandoned(holder) : held(holder);
  }

  /** Waits at most `timeoutMs` for the lease. Throws `LEASE_TIMEOUT`, `CANCELLED`, and `LEASE_ABANDONED` unless
   * `takeOverDead` says otherwise. */
  async acquireWaiting(key: string, what: string, wait: WaitForLease): Promise<HeldLease> {
    const deadline = performance.now() + wait.timeoutMs;
    let isTold = false;
    for (let pauseMs = FIRST_LOOK_MS; ; pauseMs = Math.min(pauseMs * 1.5, SLOWEST_LOOK_MS)) {
      const holder = this.get(key);
      const lease = this.#tryAcquire(key, what, holder, wait.takeOverDead ?? false);
      if (lease !== undefined) return lease;
      if (!isTold && holder !== undefined) wait.onWait?.(holder);
      isTold ||= holder !== undefined;
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) throw timedOut(key, holder, wait.timeoutMs);
      await delay(Math.min(pauseMs, leftMs), wait.signal);
    }
  }

  /** Throws `LEASE_HELD` while a process that lives holds it for this. */
  requireNot(key: string, what: string): void {
    const holder = this.get(key);
    if (holder !== undefined && holder.what === what && !this.hasDeadOwner(holder)) throw held(holder);
  }

  get(key: string): LeaseRecord | undefined {
    const row = this.#database.get('SELECT * FROM leases WHERE key = ?', key);
    return row === undefined ? undefined : decode(row);
  }

  list(): readonly LeaseRecord[] {
    return this.#database.all('SELECT * FROM leases ORDER BY since, key').map(decode);
  }

  /** The leases whose owner has ended, oldest first. */
  dead(): readonly LeaseRecord[] {
    return this.list().filter((lease) => this.hasDeadOwner(lease));
  }

  hasDeadOwner(lease: LeaseRecord): boolean {
    return hasEnded(lease.owner, this.#identity());
  }

  /**
   * Makes a dead owner's lease ours. Of several processes that try, one gets it, and the others get undefined.
   * Throws `LEASE_HELD` when its owner lives.
   */
  takeOver(lease: LeaseRecord, what: string): HeldLease | undefined {
    if (!this.hasDeadOwner(lease)) throw held(lease);
    const record = this.#newRecord(lease.key, what);
    const changed = this.#database.run(
      `UPDATE leases SET token = ?, what = ?, since = ?, pid = ?, start_time = ?, boot_id = ?, pid_namespace = ?
       WHERE key = ? AND token = ?`,
      ...valuesOf(record),
      lease.key,
      lease.token,
    );
    return changed === 1 ? this.#held(record) : undefined;
  }

  #tryAcquire(
    key: string,
    what: string,
    holder: LeaseRecord | undefined,
    takeOverDead: boolean,
  ): HeldLease | undefined {
    if (holder !== undefined && !this.hasDeadOwner(holder)) return undefined;
    if (holder !== undefined) {
      if (takeOverDead) return this.takeOver(holder, what);
      throw abandoned(holder);
    }
    try {
      return this.acquire(key, what);
    } catch (error) {
      if (isFault(error, 'LEASE_HELD', 'LEASE_ABANDONED')) return undefined; // somebody was quicker; look again
      throw error;
    }
  }

  #insertUnlessHeld(record: LeaseRecord): LeaseRecord | undefined {
    const holder = this.get(record.key);
    if (holder !== undefined) return holder;
    this.#database.run(
      `INSERT INTO leases (key, token, what, since, pid, start_time, boot_id, pid_namespace)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      record.key,
      ...valuesOf(record),
    );
    return undefined;
  }

  #held(record: LeaseRecord): HeldLease {
    const release = () => {
      this.#database.run('DELETE FROM leases WHERE key = ? AND token = ?', record.key, record.token);
    };
    return { ...record, release, [Symbol.dispose]: release };
  }

  #newRecord(key: string, what: string): LeaseRecord {
    return { key, token: newUuid(), what, since: new Date().toISOString(), owner: this.#identity() };
  }

  #identity(): ProcessIdentity {
    this.#self ??= ownIdentity();
    return this.#self;
  }
}

function valuesOf(record: LeaseRecord): [string, string, string, number, string, string, string] {
  const { pid, startTime, bootId, pidNamespace } = record.owner;
  return [record.token, record.what, record.since, pid, startTime, bootId, pidNamespace];
}

function decode(row: Row): LeaseRecord {
  return {
    key: text(row, 'key'),
    token: text(row, 'token'),
    what: text(row, 'what'),
    since: text(row, 'since'),
    owner: {
      pid: integer(row, 'pid'),
      startTime: text(row, 'start_time'),
      bootId: text(row, 'boot_id'),
      pidNamespace: text(row, 'pid_namespace'),
    },
  };
}

function held(lease: LeaseRecord): Fault {
  return new Fault('conflict', 'LEASE_HELD', `${subject(lease)} is in use: ${holding(lease)}`, {
    hint: 'Wait until it is done, then try again.',
    details: detailsOf(lease),
  });
}

function abandoned(lease: LeaseRecord): Fault {
  const message = `${subject(lease)} was left in the middle of ${lease.what} by process ${lease.owner.pid}, which has ended`;
  return new Fault('conflict', 'LEASE_ABANDONED', message, {
    hint: 'Any novalet command repairs it: novalet list',
    details: detailsOf(lease),
  });
}

function timedOut(key: string, lease: LeaseRecord | undefined, timeoutMs: number): Fault {
  const why = lease === undefined ? 'others were always quicker' : holding(lease);
  return new Fault('timeout', 'LEASE_TIMEOUT', `Waited ${timeoutMs / 1000} s for ${key}: ${why}`, {
    hint: 'Wait until that process is done, or stop it, then try again.',
    details: lease === undefined ? { key } : detailsOf(lease),
  });
}

function subject(lease: LeaseRecord): string {
  const [kind = '', id = ''] = lease.key.split(/:(.*)/s);
  return id === '' ? lease.key : `${kind[0]?.toUpperCase() ?? ''}${kind.slice(1)} ${id}`;
}

function holding(lease: LeaseRecord): string {
  return `process ${lease.owner.pid} does ${lease.what} since ${lease.since}`;
}

function detailsOf(lease: LeaseRecord): Readonly<Record<string, string | number>> {
  return { key: lease.key, pid: lease.owner.pid, what: lease.what, since: lease.since };
}
