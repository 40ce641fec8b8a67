// The guest's network interfaces and addresses, as its agent sees them.
import { isIP } from 'node:net';
import type { AgentCaller, CallOptions } from '../caller.ts';
import type { Reply } from '../decode.ts';

export interface GuestAddress {
  readonly family: 'ipv4' | 'ipv6';
  readonly address: string;
  readonly prefix: number;
}

export interface GuestInterface {
  readonly name: string;
  /** Lower case, with colons; some interfaces have none. */
  readonly mac?: string;
  readonly addresses: readonly GuestAddress[];
  /** Since the interface came up; not every agent tells. */
  readonly statistics?: InterfaceStatistics;
}

export interface InterfaceStatistics {
  readonly rxBytes: number;
  readonly rxPackets: number;
  readonly rxErrors: number;
  readonly rxDropped: number;
  readonly txBytes: number;
  readonly txPackets: number;
  readonly txErrors: number;
  readonly txDropped: number;
}

const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){0,31}$/i;
const MOST_INTERFACES = 4096;
const MOST_ADDRESSES = 1024;

/** Agent.networkInterfaces: guest-network-get-interfaces, the loopback included. */
export async function readInterfaces(
  agent: AgentCaller,
  options: CallOptions = {},
): Promise<GuestInterface[]> {
  const reply = await agent.call('guest-network-get-interfaces', undefined, {
    readOnly: true,
    maxReplyBytes: 4 * 1024 * 1024,
    ...options,
  });
  return reply.list(MOST_INTERFACES).map(decodeInterface);
}

function decodeInterface(reply: Reply): GuestInterface {
  const name = reply.member('name').text(256);
  const mac = reply.member('hardware-address').optional(decodeMac);
  const addresses = reply
    .member('ip-addresses')
    .optional((list) => list.list(MOST_ADDRESSES).map(decodeAddress));
  const statistics = reply.member('statistics').optional(decodeStatistics);
  return {
    name,
    ...(mac === undefined ? {} : { mac }),
    addresses: addresses ?? [],
    ...(statistics === undefined ? {} : { statistics }),
  };
}

function decodeStatistics(reply: Reply): InterfaceStatistics {
  const counter = (key: string) => reply.member(key).counter();
  return {
    rxBytes: counter('rx-bytes'),
    rxPackets: counter('rx-packets'),
    rxErrors: counter('rx-errs'),
    rxDropped: counter('rx-dropped'),
    txBytes: counter('tx-bytes'),
    txPackets: counter('tx-packets'),
    txErrors: counter('tx-errs'),
    txDropped: counter('tx-dropped'),
  };
}

function decodeMac(reply: Reply): string {
  const text = reply.text(100);
  return MAC.test(text) ? text.toLowerCase() : reply.fail('is not a hardware address');
}

function decodeAddress(reply: Reply): GuestAddress {
  const place = reply.member('ip-address');
  const address = place.text(100);
  const found = ([undefined, 'ipv4', 'ipv6'] as const)[[0, 4, 6].indexOf(isIP(address))];
  if (found === undefined) return place.fail('is not an IP address');
  if (reply.member('ip-address-type').text(10) !== found)
    return place.fail('is of another family than it says');
  return { family: found, address, prefix: reply.member('prefix').integer(0, found === 'ipv4' ? 32 : 128) };
}
