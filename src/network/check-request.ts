// Whether what is asked of a network card can be meant. Pure; what is taken already, and what a network keeps, is no concern here.
import { isIP, isIPv4 } from 'node:net';
import { Fault } from '../base/index.ts';
import type { AddressingRequest, NetworkRequest, Route, StaticRequest } from '../model/index.ts';
import { parseIpv4, subnetOf } from './ipv4.ts';

/** More than guests have of anything; a launch that asks for more is a mistake. */
const MOST_CARDS = 16;
const MOST_ENTRIES = 64;

/** RFC 791 and RFC 8200: what every link must carry. */
const LEAST_MTU = { 4: 576, 6: 1280 } as const;
const LARGEST_MTU = 65_535;

const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i;

/** Throws `NETWORK_REQUEST_INVALID`. */
export function checkNetworkRequests(requests: readonly NetworkRequest[]): void {
  if (requests.length > MOST_CARDS) {
    throw invalid(`${requests.length} network cards are asked for`, `A guest has at most ${MOST_CARDS}.`);
  }
  for (const request of requests) checkRequest(request);
  const macs = requests.flatMap(({ mac }) => (mac === undefined ? [] : [mac.toLowerCase()]));
  const addresses = requests.flatMap(({ network = '', addressing = [] }) =>
    addressing.flatMap((one) => (one.kind === 'static' ? [`${one.address} on ${network}`] : [])),
  );
  for (const list of [macs, addresses]) {
    const twice = list.find((one, at) => list.indexOf(one) !== at);
    if (twice === undefined) continue;
    throw invalid(`${twice.replace(/ on $/, '')} is asked for twice`, 'Give each network card its own.');
  }
}

function checkRequest({ mac, mtu, addressing = [] }: NetworkRequest): void {
  if (mac !== undefined) checkMac(mac);
  checkMtu(mtu, addressing);
  checkAddressing(addressing);
}

/** Throws `NETWORK_REQUEST_INVALID`. */
export function checkMtu(mtu: number | undefined, addressing: readonly AddressingRequest[]): void {
  const hasIpv6 = addressing.some((one) => versionOf(one) === 6);
  const least = LEAST_MTU[hasIpv6 ? 6 : 4];
  if (mtu === undefined || (Number.isInteger(mtu) && mtu >= least && mtu <= LARGEST_MTU)) return;
  throw invalid(`${mtu} is no MTU for a guest`, `Give a number from ${least} to ${LARGEST_MTU}.`);
}

/** Throws `NETWORK_REQUEST_INVALID`. */
export function checkAddressing(addressing: readonly AddressingRequest[]): void {
  if (addressing.length > MOST_ENTRIES) {
    throw invalid('A network card is given too many addresses', `Give at most ${MOST_ENTRIES}.`);
  }
  for (const one of addressing) {
    for (const server of few(one.dns ?? [], 'DNS servers')) checkAddress(server, 'a DNS server');
    if (one.kind === 'dhcp') continue;
    if (one.kind === 'static') checkStatic(one);
    else if (one.address !== undefined) checkKnown(one.address, one.prefix);
    for (const route of few(one.routes ?? [], 'routes')) checkRoute(route, versionOf(one));
  }
}

function few<T>(list: readonly T[], what: string): readonly T[] {
  if (list.length <= MOST_ENTRIES) return list;
  throw invalid(`A network card is given ${list.length} ${what}`, `Give at most ${MOST_ENTRIES}.`);
}

/** Throws `NETWORK_REQUEST_INVALID` for what is no MAC address that one card can have. */
export function checkMac(mac: string): void {
  if (MAC.test(mac) && !/^.[13579bdf]/i.test(mac) && !/^[0:]+$/.test(mac)) return;
  throw invalid(
    `"${mac}" is not the MAC address of a card`,
    'Write it as fa:16:3e:00:00:01, not a multicast one.',
  );
}

function checkStatic({ address, prefix, gateway }: StaticRequest): void {
  checkKnown(address, prefix);
  if (gateway === undefined || gateway === null) return;
  checkAddress(gateway, 'a gateway');
  if (isIP(gateway) !== isIP(address)) {
    throw invalid(`The gateway ${gateway} is of another IP version than ${address}`, 'Give one of the same.');
  }
  if (gateway === address) throw invalid(`${address} is its own gateway`, "Give the router's address.");
  if (prefix !== undefined && isIPv4(address) && !isNeighbour(gateway, address, prefix)) {
    throw invalid(
      `The gateway ${gateway} is not in the network of ${address}/${prefix}`,
      'Give one that the guest can reach directly, or the prefix of the whole network.',
    );
  }
}

/** Whether both IPv4 addresses are in one network of this prefix. */
export function isNeighbour(one: string, other: string, prefix: number): boolean {
  const [first, second] = [parseIpv4(one), parseIpv4(other)];
  if (first === undefined || second === undefined) return false;
  return subnetOf(first, prefix).base === subnetOf(second, prefix).base;
}

function checkKnown(address: string, prefix: number | undefined): void {
  checkAddress(address, 'an address');
  const width = isIPv4(address) ? 32 : 128;
  if (prefix === undefined || (Number.isInteger(prefix) && prefix > 0 && prefix <= width)) return;
  throw invalid(`/${prefix} is no prefix for ${address}`, `Give a number from 1 to ${width}.`);
}

function checkRoute({ destination, gateway }: Route, version: 4 | 6): void {
  const [address = '', prefix = '', ...rest] = destination.split('/');
  const width = version === 4 ? 32 : 128;
  const isNetwork = isIP(address) === version && /^\d{1,3}$/.test(prefix) && Number(prefix) <= width;
  if (!isNetwork || rest.length > 0 || address.includes('%')) {
    throw invalid(
      `"${destination}" is no network of IP version ${version} for a route`,
      'Write it as 10.20.0.0/16 or 2001:db8:20::/48, for an address of the same version.',
    );
  }
  checkAddress(gateway, 'the gateway of a route');
  if (isIP(gateway) === version) return;
  throw invalid(
    `The route to ${destination} leads over ${gateway}`,
    'Give a gateway of the same IP version.',
  );
}

function checkAddress(text: string, what: string): void {
  if (isIP(text) !== 0 && !text.includes('%')) return;
  throw invalid(`"${text}" is not ${what}`, 'Write addresses as 192.0.2.10 or 2001:db8::10.');
}

function versionOf(one: AddressingRequest): 4 | 6 {
  if (one.kind === 'dhcp') return one.version;
  return one.kind === 'static' && isIPv4(one.address) ? 4 : 6;
}

function invalid(message: string, hint: string): Fault {
  return new Fault('invalid', 'NETWORK_REQUEST_INVALID', message, { hint });
}
