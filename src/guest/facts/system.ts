// What the guest says of itself: system, name, time, users, load.
import type { AgentCaller, CallOptions } from '../caller.ts';
import type { Reply } from '../decode.ts';

/** guest-get-osinfo; the agent leaves out what it does not know. All of it is the guest's own claim. */
export interface OsInfo {
  readonly id?: string;
  readonly name?: string;
  readonly prettyName?: string;
  readonly version?: string;
  readonly versionId?: string;
  readonly machine?: string;
  readonly kernelRelease?: string;
  readonly kernelVersion?: string;
  readonly variant?: string;
  readonly variantId?: string;
}

const WIRE_NAMES: Readonly<Record<keyof OsInfo, string>> = {
  id: 'id',
  name: 'name',
  prettyName: 'pretty-name',
  version: 'version',
  versionId: 'version-id',
  machine: 'machine',
  kernelRelease: 'kernel-release',
  kernelVersion: 'kernel-version',
  variant: 'variant',
  variantId: 'variant-id',
};

/** Agent.osInfo. */
export async function readOsInfo(agent: AgentCaller, options: CallOptions = {}): Promise<OsInfo> {
  const reply = await agent.call('guest-get-osinfo', undefined, { readOnly: true, ...options });
  const known: [string, string][] = [];
  for (const [key, wireName] of Object.entries(WIRE_NAMES)) {
    const value = reply.member(wireName).optional((place) => place.text(500));
    if (value !== undefined) known.push([key, value]);
  }
  return Object.fromEntries(known);
}

/** Agent.hostName. */
export async function readHostName(agent: AgentCaller, options: CallOptions = {}): Promise<string> {
  const reply = await agent.call('guest-get-host-name', undefined, { readOnly: true, ...options });
  return reply.member('host-name').text(255);
}

export interface GuestTimezone {
  /** `CET`; not every guest has a name for it. */
  readonly zone?: string;
  /** East of UTC. */
  readonly offsetSeconds: number;
}

/** guest-get-timezone. */
export async function readTimezone(agent: AgentCaller, options: CallOptions = {}): Promise<GuestTimezone> {
  const reply = await agent.call('guest-get-timezone', undefined, { readOnly: true, ...options });
  const zone = reply.member('zone').optional((place) => place.text(100));
  const offsetSeconds = reply.member('offset').integer(-86_400, 86_400);
  return { offsetSeconds, ...(zone === undefined ? {} : { zone }) };
}

export interface GuestTime {
  /** The guest's clock, in ms since 1970, when it answered. */
  readonly guestMs: number;
  /** How far the guest's clock is ahead of ours (negative: behind). */
  readonly driftMs: number;
  /** The drift is known to within this much either way: half of the round trip. */
  readonly uncertaintyMs: number;
}

/** guest-get-time, with our own clock read on both sides of the round trip. */
export async function readTime(agent: AgentCaller, options: CallOptions = {}): Promise<GuestTime> {
  await agent.call('guest-ping', undefined, { readOnly: true, ...options }); // wakes the guest, and asks guest-info, before it counts
  const before = Date.now();
  const began = performance.now();
  const reply = await agent.call('guest-get-time', undefined, { readOnly: true, ...options });
  const halfMs = (performance.now() - began) / 2;
  const guestMs = decodeNanoseconds(reply);
  return { guestMs, driftMs: guestMs - (before + halfMs), uncertaintyMs: halfMs };
}

/** Nanoseconds since 1970 are beyond what a number holds exactly; as milliseconds they are exact enough (256 ns). */
function decodeNanoseconds(reply: Reply): number {
  const { value } = reply;
  if (typeof value !== 'number' || !Number.isInteger(value)) return reply.fail('is not an integer');
  if (value < -(2 ** 63) || value > 2 ** 63) return reply.fail('is no time');
  return value / 1e6;
}

export interface GuestUser {
  readonly name: string;
  /** Windows only. */
  readonly domain?: string;
  /** ISO 8601, UTC. */
  readonly since: string;
}

/** The last moment that a Date knows, in seconds. */
const LAST_SECOND = 8.64e12;

/** guest-get-users: who is logged in. */
export async function readUsers(agent: AgentCaller, options: CallOptions = {}): Promise<GuestUser[]> {
  const reply = await agent.call('guest-get-users', undefined, { readOnly: true, ...options });
  return reply.list(10_000).map((entry) => {
    const domain = entry.member('domain').optional((place) => place.text(500));
    return {
      name: entry.member('user').text(500),
      since: decodeSeconds(entry.member('login-time')),
      ...(domain === undefined ? {} : { domain }),
    };
  });
}

function decodeSeconds(reply: Reply): string {
  const { value } = reply;
  if (typeof value !== 'number' || !(Math.abs(value) <= LAST_SECOND)) return reply.fail('is no time');
  return new Date(value * 1000).toISOString();
}

export interface GuestLoad {
  readonly oneMinute: number;
  readonly fiveMinutes: number;
  readonly fifteenMinutes: number;
}

/** guest-get-load (agents from 10.0). */
export async function readLoad(agent: AgentCaller, options: CallOptions = {}): Promise<GuestLoad> {
  const reply = await agent.call('guest-get-load', undefined, { readOnly: true, ...options });
  return {
    oneMinute: decodeLoad(reply.member('load1m')),
    fiveMinutes: decodeLoad(reply.member('load5m')),
    fifteenMinutes: decodeLoad(reply.member('load15m')),
  };
}

function decodeLoad(reply: Reply): number {
  const { value } = reply;
  if (typeof value !== 'number' || !(value >= 0 && value < 1e9)) return reply.fail('is no load average');
  return value;
}

/** The same from the text of /proc/loadavg (proc(5)), for agents that do not tell; undefined when it is something else. */
export function parseLoadavg(text: string): GuestLoad | undefined {
  const found = /^(\d{1,9}\.\d{2}) (\d{1,9}\.\d{2}) (\d{1,9}\.\d{2}) /.exec(text);
  if (found === null) return undefined;
  return {
    oneMinute: Number(found[1]),
    fiveMinutes: Number(found[2]),
    fifteenMinutes: Number(found[3]),
  };
}
