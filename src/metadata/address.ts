// Addresses and masks in the forms of network_data.json. IPv6 text is that of RFC 5952.
import { isIPv4, isIPv6 } from 'node:net';
import { Fault } from '../base/index.ts';

/** The IP version of `address`. Throws `METADATA_ADDRESS_INVALID`. */
export function versionOf(address: string): 4 | 6 {
  if (isIPv4(address)) return 4;
  if (isIPv6(address) && !address.includes('%')) return 6;
  throw invalid(address, 'an address');
}

/** The address as it is. Throws `METADATA_ADDRESS_INVALID`. */
export function checked(address: string): string {
  versionOf(address);
  return address;
}

/** 24 → `255.255.255.0`; 64, in version 6 → `ffff:ffff:ffff:ffff::`. */
export function netmask(prefix: number, version: 4 | 6): string {
  return formatBits(maskBits(prefix, version), version);
}

/** `10.1.2.3/8` → `{ network: '10.0.0.0', netmask: '255.0.0.0' }`. Throws `METADATA_ADDRESS_INVALID`. */
export function networkOf(destination: string): { readonly network: string; readonly netmask: string } {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(destination);
  if (match === null) throw invalid(destination, 'a network with a prefix');
  const [, address = '', prefixText = ''] = match;
  const version = versionOf(address);
  const mask = maskBits(Number(prefixText), version);
  const network = formatBits(parseBits(address, version) & mask, version);
  return { network, netmask: formatBits(mask, version) };
}

function maskBits(prefix: number, version: 4 | 6): bigint {
  const width = version === 4 ? 32 : 128;
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > width) {
    throw invalid(`/${prefix}`, `a prefix of IP version ${version}`);
  }
  return ((1n << BigInt(prefix)) - 1n) << BigInt(width - prefix);
}

function parseBits(address: string, version: 4 | 6): bigint {
  if (version === 4) return joinBits(address.split('.').map(Number), 8n);
  const [head = '', tail] = canonicalIpv6(address).split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => '0');
  const groups = [...front, ...zeros, ...back].map((group) => Number.parseInt(group, 16));
  return joinBits(groups, 16n);
}

function formatBits(bits: bigint, version: 4 | 6): string {
  if (version === 4) return [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 0xffn).join('.');
  const groups = Array.from({ length: 8 }, (_, at) => (bits >> BigInt(16 * (7 - at))) & 0xffffn);
  return canonicalIpv6(groups.map((group) => group.toString(16)).join(':'));
}

function joinBits(parts: readonly number[], width: bigint): bigint {
  return parts.reduce((bits, part) => (bits << width) | BigInt(part), 0n);
}

/** A URL's host is written in the shortest form, groups in hexadecimal throughout (WHATWG URL, which follows RFC 5952). */
function canonicalIpv6(address: string): string {
  return new URL(`http://[${address}]/`).hostname.slice(1, -1);
}

function invalid(text: string, what: string): Fault {
  return new Fault('invalid', 'METADATA_ADDRESS_INVALID', `"${text}" is not ${what}`, {
    hint: 'Write addresses like 192.0.2.10 or 2001:db8::10, and networks like 192.0.2.0/24.',
  });
}
