// Who may connect, before anything is read of them: counted by the source of a connection, and in all. Knows no SSH.
import { Counter, Rate } from '../base/index.ts';
import type { Log } from '../compute/index.ts';
import type { GatewayLimits } from './limits.ts';

/** A connection that was let in. Both acts count once, however often they are done. */
export interface Place {
  /** The connection is no longer one before its login. */
  loggedIn(): void;
  leave(): void;
}

/** Refusals that are told apart until `tell`; the rest is one number. */
const MOST_TOLD_APART = 1000;

export class Door {
  readonly #limits: GatewayLimits;
  readonly #log: Pick<Log, 'warn'>;
  readonly #rate: Rate;
  readonly #open = new Counter();
  readonly #beforeLogin = new Counter();
  /** By source and reason: how many were turned away since the first was told of. */
  readonly #refused = new Map<string, { readonly facts: object; count: number }>();
  #refusedBesides = 0;

  constructor(limits: GatewayLimits, log: Pick<Log, 'warn'>) {
    this.#limits = limits;
    this.#log = log;
    this.#rate = new Rate(limits.connectionsPerSecond);
  }

  /** Why a connection of the address `ip` is turned away, or its place. `nowMs` of a clock that never goes back. */
  enter(ip: string, nowMs: number): Place | string {
    const source = sourceOf(ip);
    const why = this.#whyNot(source, nowMs);
    if (why !== undefined) {
      this.#count(source, why);
      return why;
    }
    const leave = this.#open.add(source);
    const loggedIn = this.#beforeLogin.add(source);
    return {
      loggedIn,
      leave: () => {
        loggedIn();
        leave();
      },
    };
  }

  /** Says how many were turned away after the first of their kind, and begins anew. */
  tell(): void {
    const told = [...this.#refused.values()].filter(({ count }) => count > 0);
    for (const { facts, count } of told) this.#log.warn({ ...facts, count }, MORE_TURNED_AWAY);
    const [why, count] = ['of more sources than are told apart', this.#refusedBesides];
    if (count > 0) this.#log.warn({ why, count }, MORE_TURNED_AWAY);
    this.#refused.clear();
    this.#refusedBesides = 0;
  }

  #whyNot(source: string, nowMs: number): string | undefined {
    const { connections, connectionsPerSource, loginsPerSource } = this.#limits;
    if (!this.#rate.admits(source, nowMs)) return 'too many connections of this source in a second';
    if (this.#open.of(source) >= connectionsPerSource) return 'too many connections of this source';
    if (this.#beforeLogin.of(source) >= loginsPerSource)
      return 'too many connections of this source before their login';
    if (this.#open.all >= connections) return 'too many connections';
    if (this.#beforeLogin.all >= Math.ceil(connections / 4)) return 'too many connections before their login';
    return undefined;
  }

  #count(source: string, why: string): void {
    const key = `${source} ${why}`;
    const known = this.#refused.get(key);
    if (known !== undefined) known.count += 1;
    else if (this.#refused.size >= MOST_TOLD_APART) this.#refusedBesides += 1;
    else {
      const facts = { origin: `ssh ${source}`, why };
      this.#refused.set(key, { facts, count: 0 });
      this.#log.warn(facts, 'ssh gateway: a connection was turned away');
    }
  }
}

const MORE_TURNED_AWAY = 'ssh gateway: more connections were turned away';

/** An IPv4 address, or the 64 bits of an IPv6 address that name a network: who has one address there has all. */
export function sourceOf(ip: string): string {
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip) ?? [];
  if (mapped !== undefined) return mapped;
  if (!ip.includes(':')) return ip;
  const [front = '', back = ''] = ip.replace(/%.*$/, '').split('::');
  const [first, last] = [front, back].map((part) => part.split(':').filter((group) => group !== ''));
  const [groups, rest] = [first ?? [], last ?? []];
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - rest.length) }, () => '0');
  return `${[...groups, ...zeros, ...rest].slice(0, 4).join(':')}::/64`;
}
