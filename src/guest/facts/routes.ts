// The guest's routes: from its agent where that tells, else from the kernel's tables as files. Rules: proc(5), Linux.
import { isIP, isIPv4 } from 'node:net';
import { isFault } from '../../base/index.ts';
import type { AgentCaller, CallOptions } from '../caller.ts';
import type { Reply } from '../decode.ts';
import { readFile } from '../files.ts';

export interface GuestRoute {
  readonly family: 'ipv4' | 'ipv6';
  /** Network with its prefix: `0.0.0.0/0` and `::/0` are the defaults. */
  readonly destination: string;
  /** Left out where the network is reached directly. */
  readonly gateway?: string;
  readonly interface: string;
  readonly metric: number;
}

export interface GuestRoutes {
  readonly source: 'agent' | 'proc';
  readonly routes: readonly GuestRoute[];
}

const MOST_ROUTES = 20_000;
const MOST_BYTES = 2 * 1024 * 1024;
/** Route flags (linux/route.h). */
const UP = 0x1;
const REJECT = 0x200;
const LOCAL = 0x8000_0000;

/** guest-network-get-route where the agent has it, else /proc/net/route and /proc/net/ipv6_route. Throws what both throw. */
export async function readRoutes(agent: AgentCaller, options: CallOptions = {}): Promise<GuestRoutes> {
  try {
    const limits = { readOnly: true, maxReplyBytes: MOST_BYTES, ...options };
    const reply = await agent.call('guest-network-get-route', undefined, limits);
    return { source: 'agent', routes: reply.list(MOST_ROUTES).map(decodeRoute) };
  } catch (error) {
    if (!isFault(error, 'AGENT_COMMAND_UNSUPPORTED', 'AGENT_COMMAND_BLOCKED')) throw error;
  }
  const read = async (path: string) =>
    (await readFile(agent, path, { maxBytes: MOST_BYTES, signal: options.signal })).toString('latin1');
  const ipv4 = parseRoute(await read('/proc/net/route'));
  const ipv6 = parseIpv6Route(await readIpv6(read));
  return { source: 'proc', routes: [...ipv4, ...ipv6].slice(0, MOST_ROUTES) };
}

/** A kernel without IPv6 has no such file. */
async function readIpv6(read: (path: string) => Promise<string>): Promise<string> {
  try {
    return await read('/proc/net/ipv6_route');
  } catch (error) {
    if (isFault(error, 'GUEST_FILE_REFUSED')) return '';
    throw error;
  }
}

function decodeRoute(reply: Reply): GuestRoute {
  const version = reply.member('version').integer(4, 6);
  if (version === 5) return reply.member('version').fail('is neither 4 nor 6');
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const address = addressIn(reply.member('destination'), version);
  const prefix =
    version === 4
      ? reply.member('mask').optional(maskBits)
      : reply.member('desprefixlen').optional((place) => numeral(place, 128));
  const gateway = reply
    .member(version === 4 ? 'gateway' : 'nexthop')
    .optional((place) => addressIn(place, version));
  const isDirect = gateway === undefined || gateway === '0.0.0.0' || gateway === '::';
  return {
    family,
    destination: `${address}/${prefix ?? (version === 4 ? 32 : 128)}`,
    ...(isDirect ? {} : { gateway }),
    interface: reply.member('iface').text(256),
    metric: reply.member('metric').integer(0, 2 ** 32),
  };
}

function addressIn(reply: Reply, version: number): string {
  const text = reply.text(100);
  return isIP(text) === version ? text : reply.fail(`is not an IPv${version} address`);
}

function numeral(reply: Reply, most: number): number {
  if (typeof reply.value === 'number') return reply.integer(0, most);
  const text = reply.text(10);
  const value = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  return value <= most ? value : reply.fail(`is no number up to ${most}`);
}

/** A netmask as the length of its prefix. */
function maskBits(reply: Reply): number {
  const text = reply.text(100);
  if (!isIPv4(text)) return reply.fail('is not a netmask');
  const bits = text
    .split('.')
    .map((part) => Number(part).toString(2).padStart(8, '0'))
    .join('');
  return /^1*0*$/.test(bits) ? bits.lastIndexOf('1') + 1 : reply.fail('is not a netmask');
}

/** /proc/net/route: a heading, then one route a line, addresses as hexadecimal in the processor's (little-endian) order. */
export function parseRoute(text: string): GuestRoute[] {
  return tableLines(text).flatMap((fields) => {
    const [name = '', destination = '', gateway = '', flags = '', , , metric = '', mask = ''] = fields;
    const isRow = [destination, gateway, mask].every((hex) => /^[0-9A-F]{8}$/i.test(hex));
    if (!isRow || !isUsable(flags)) return [];
    const bits = octets(mask).map((part) => part.toString(2).padStart(8, '0'));
    const direct = gateway === '00000000';
    return [
      {
        family: 'ipv4' as const,
        destination: `${octets(destination).join('.')}/${bits.join('').lastIndexOf('1') + 1}`,
        ...(direct ? {} : { gateway: octets(gateway).join('.') }),
        interface: name.slice(0, 256),
        metric: Number(metric) || 0,
      },
    ];
  });
}

/** /proc/net/ipv6_route: no heading; the host's own addresses and rejects are left out. */
export function parseIpv6Route(text: string): GuestRoute[] {
  return tableLines(text).flatMap((fields) => {
    const [destination = '', length = '', , , gateway = '', metric = '', , , flags = '', name = ''] = fields;
    const isRow = [destination, gateway].every((hex) => /^[0-9a-f]{32}$/i.test(hex));
    const prefix = Number.parseInt(length, 16);
    if (!isRow || !isUsable(flags) || !(prefix >= 0 && prefix <= 128)) return [];
    const direct = /^0+$/.test(gateway);
    return [
      {
        family: 'ipv6' as const,
        destination: `${ipv6(destination)}/${prefix}`,
        ...(direct ? {} : { gateway: ipv6(gateway) }),
        interface: name.slice(0, 256),
        metric: Number.parseInt(metric, 16) || 0,
      },
    ];
  });
}

function tableLines(text: string): string[][] {
  return text
    .split('\n')
    .slice(0, MOST_ROUTES)
    .map((line) => line.trim().split(/\s+/));
}

function isUsable(flags: string): boolean {
  const value = Number.parseInt(flags, 16);
  return (value & UP) !== 0 && (value & REJECT) === 0 && Math.floor(value / LOCAL) % 2 === 0;
}

function octets(hex: string): number[] {
  return [6, 4, 2, 0].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
}

/** The address in its shortest form, which URL knows how to write. */
function ipv6(hex: string): string {
  const groups = hex.match(/.{4}/g) ?? [];
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
}
