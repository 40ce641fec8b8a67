// What the gateway allows before it says no. Every count and every wait has an end.

export interface GatewayLimits {
  /** Open TCP connections in all. A quarter of them may be before their login. */
  readonly connections: number;
  /** The same of one source: an IPv4 address, or an IPv6 network of 64 bits. */
  readonly connectionsPerSource: number;
  /** Connections of one source before their login. */
  readonly loginsPerSource: number;
  /** Open channels (shells, commands, sftp, forwarded connections) in all. */
  readonly sessions: number;
  readonly sessionsPerSubject: number;
  readonly channelsPerConnection: number;
  /** New connections of one source; five times as many may come at once. */
  readonly connectionsPerSecond: number;
  /** Failed tries of a login on one connection. */
  readonly authAttempts: number;
  /** Seconds from connect to login. */
  readonly handshakeS: number;
  /** Seconds that a connection may be without a byte in any of its channels. */
  readonly idleS: number;
  /** Bytes that may wait for one client's socket. */
  readonly bufferBytes: number;
}

export const DEFAULT_LIMITS: GatewayLimits = {
  connections: 1024,
  connectionsPerSource: 512,
  loginsPerSource: 128,
  sessions: 2048,
  sessionsPerSubject: 512,
  channelsPerConnection: 64,
  connectionsPerSecond: 50,
  authAttempts: 6,
  handshakeS: 30,
  idleS: 43_200,
  bufferBytes: 1024 * 1024,
};

/** Counts what is open, by key and in all. */
export class Counter {
  readonly #perKey = new Map<string, number>();
  #all = 0;

  get all(): number {
    return this.#all;
  }

  of(key: string): number {
    return this.#perKey.get(key) ?? 0;
  }

  /** Takes a place and returns how to give it back, or undefined where none is free. */
  take(key: string, mostPerKey: number, mostInAll: number): (() => void) | undefined {
    return this.of(key) >= mostPerKey || this.#all >= mostInAll ? undefined : this.add(key);
  }

  /** Takes a place in any case, and returns how to give it back. */
  add(key: string): () => void {
    this.#perKey.set(key, this.of(key) + 1);
    this.#all += 1;
    let isHeld = true;
    return () => {
      if (isHeld) this.#giveBack(key);
      isHeld = false;
    };
  }

  #giveBack(key: string): void {
    const left = this.of(key) - 1;
    this.#all -= 1;
    if (left === 0) this.#perKey.delete(key);
    else this.#perKey.set(key, left);
  }
}

const BURST = 5;
/** Sources that are remembered; the one that was quiet longest is forgotten first. */
const MOST_SOURCES = 10_000;

/** A bucket of tokens for each source. */
export class Rate {
  readonly #perSecond: number;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** Whether `source` may come now. `nowMs` of a clock that never goes back. */
  admits(source: string, nowMs: number): boolean {
    const full = this.#perSecond * BURST;
    const { tokens, at } = this.#buckets.get(source) ?? { tokens: full, at: nowMs };
    const there = Math.min(full, tokens + ((nowMs - at) / 1000) * this.#perSecond);
    this.#buckets.delete(source);
    this.#buckets.set(source, { tokens: there >= 1 ? there - 1 : there, at: nowMs });
    this.#forget();
    return there >= 1;
  }

  #forget(): void {
    if (this.#buckets.size <= MOST_SOURCES) return;
    const oldest = this.#buckets.keys().next();
    if (oldest.done !== true) this.#buckets.delete(oldest.value);
  }
}
