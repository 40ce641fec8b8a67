// What every channel of one logged-in client shares: who it is, the way into the guest, limits, and where to report.
import type { Connection, ServerChannel } from 'ssh2';
import { type Counter, type Fault, newUuid } from '../base/index.ts';
import type { Log } from '../compute/index.ts';
import type { Flow } from './flow.ts';
import type { GatewayLimits } from './limits.ts';
import type { Admission, GuestReach, SessionRecord, SshReach } from './reach.ts';

export interface ClientOptions {
  readonly connection: Connection;
  readonly flow: Flow;
  readonly subject: string;
  readonly admission: Admission;
  readonly origin: string;
  readonly reach: SshReach;
  readonly limits: GatewayLimits;
  readonly counter: Counter;
  readonly acceptEnv: readonly string[];
  readonly log: Log;
  readonly record: (record: SessionRecord) => void;
  /** What lasts so long has a record before its end, too. */
  readonly startedAfterMs: number;
}

/** The act whose record is to be written when it is over. */
export type ActBeginning = Pick<SessionRecord, 'what' | 'privilege' | 'target' | 'arguments'>;
export type ActEnding = Pick<
  SessionRecord,
  'outcome' | 'code' | 'exitCode' | 'signal' | 'bytesIn' | 'bytesOut' | 'via'
>;

/** Of an act that goes on. */
const STARTED: ActEnding = {
  outcome: 'started',
  code: null,
  exitCode: null,
  signal: null,
  bytesIn: null,
  bytesOut: null,
  via: null,
};

export class Client {
  readonly options: ClientOptions;
  /** Fires when the connection is gone. */
  readonly gone: AbortSignal;
  readonly #gone = new AbortController();
  #guest: Promise<GuestReach> | undefined;
  readonly #channels = new Set<ServerChannel>();
  readonly #listeners = new Set<(line: string) => Promise<void>>();
  #places = 0;
  #lastTraffic = performance.now();

  constructor(options: ClientOptions) {
    this.options = options;
    this.gone = this.#gone.signal;
  }

  /** The way into the guest: opened by the first channel that needs it, and again by the next one after it failed. */
  async guest(): Promise<GuestReach> {
    const { reach, subject, admission, origin } = this.options;
    this.#guest ??= reach.open(subject, admission, origin).catch((error: unknown) => {
      this.#guest = undefined;
      throw error;
    });
    return await this.#guest;
  }

  /** Channels that are open. */
  get places(): number {
    return this.#places;
  }

  /** A place for one more channel, given back by what is returned; undefined where the limits are reached. */
  takePlace(): (() => void) | undefined {
    const { counter, limits, subject } = this.options;
    if (this.#places >= limits.channelsPerConnection) return undefined;
    const giveBack = counter.take(subject, limits.sessionsPerSubject, limits.sessions);
    if (giveBack === undefined) return undefined;
    this.#places += 1;
    this.touch();
    let isHeld = true;
    return () => {
      if (isHeld) this.#places -= 1;
      isHeld = false;
      giveBack();
    };
  }

  /** Watches a channel's unread bytes until it ends; see `mostUnread`. */
  watch(channel: ServerChannel): Disposable {
    this.#channels.add(channel);
    return { [Symbol.dispose]: () => void this.#channels.delete(channel) };
  }

  /** Has `say` called with the last word for all who run something here, until it is disposed of. */
  hear(say: (line: string) => Promise<void>): Disposable {
    this.#listeners.add(say);
    return { [Symbol.dispose]: () => void this.#listeners.delete(say) };
  }

  /** Resolves when everybody was told and has shown it; who does not read is waited for. */
  async tellAll(line: string): Promise<void> {
    await Promise.all([...this.#listeners].map((say) => say(line)));
  }

  /** Bytes of the channel that has the most of them waiting to be read. */
  get mostUnread(): number {
    return Math.max(0, ...[...this.#channels].map((channel) => channel.readableLength));
  }

  /** Something was said in a channel. */
  touch(): void {
    this.#lastTraffic = performance.now();
  }

  get quietMs(): number {
    return performance.now() - this.#lastTraffic;
  }

  /** Begins what may last; call what it returns once, at the end. */
  begin(act: ActBeginning): (ending: ActEnding) => void {
    const began = performance.now();
    let reach: string | undefined;
    const long = setTimeout(() => {
      reach = newUuid();
      this.#write({ ...act, ...STARTED, reach }, began);
    }, this.options.startedAfterMs).unref();
    return (ending) => {
      clearTimeout(long);
      this.#write({ ...act, ...ending, ...(reach === undefined ? {} : { reach }) }, began);
    };
  }

  /** Writes down what was done; `began` as of performance.now(). */
  report(act: ActBeginning, ending: ActEnding, began: number): void {
    this.#write({ ...act, ...ending }, began);
  }

  #write(done: ActBeginning & ActEnding & Pick<SessionRecord, 'reach'>, began: number): void {
    const { subject, admission, origin, record, log } = this.options;
    const { instance, guestUser } = admission;
    const ms = Math.round(performance.now() - began);
    const { arguments: given, ...plain } = done; // may hold secrets: not for the log
    const whole = { subject, origin, instance, guestUser, ...plain, ms };
    log.info(whole, `ssh gateway: a channel ${done.outcome === 'started' ? 'goes on' : 'is over'}`);
    record({ ...whole, arguments: given });
  }

  /** The connection is gone: ends every channel, and the way into the guest. */
  async end(): Promise<void> {
    this.#gone.abort();
    const guest = await this.#guest?.catch(() => undefined); // whoever asked for it was told
    await guest?.[Symbol.asyncDispose]();
  }
}

export function failedWith(fault: Fault): Pick<ActEnding, 'outcome' | 'code'> {
  if (fault.kind === 'denied') return { outcome: 'denied', code: fault.code };
  if (fault.kind === 'cancelled') return { outcome: 'cancelled', code: fault.code };
  return { outcome: fault.outcome === 'unknown' ? 'unknown' : 'failed', code: fault.code };
}
