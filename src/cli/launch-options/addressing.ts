// How a card, a VLAN or a bond gets its addresses, from the words behind its option. Whether they can be meant is checked
// by the engine, which knows the network.
import { isIPv4, isIPv6 } from 'node:net';
import type { AddressingRequest, Route, StaticRequest } from '../../model/index.ts';
import { invalid } from '../values.ts';
import { oneOfWords, only, type SubOptions } from './sub-options.ts';

export const ADDRESSING_KEYS = ['address', 'gateway', 'dns', 'route', 'ipv4', 'ipv6'] as const;
export const REPEATED_ADDRESSING_KEYS = ['address', 'gateway', 'dns', 'route'] as const;

const IPV6_WORDS = ['slaac', 'dhcp', 'dhcpv6-stateless', 'dhcpv6-stateful', 'none'] as const;

interface Wish {
  readonly gateways: readonly string[];
  readonly routes: readonly Route[];
  readonly dns: readonly string[];
}

/** Undefined where nothing is said. Throws `OPTION_INVALID`. */
export function readAddressing(
  option: string,
  options: SubOptions,
): readonly AddressingRequest[] | undefined {
  const given = (key: (typeof ADDRESSING_KEYS)[number]) => options.values.get(key) ?? [];
  if (ADDRESSING_KEYS.every((key) => given(key).length === 0)) return undefined;
  const wish: Wish = {
    gateways: given('gateway'),
    routes: given('route').map((text) => readRoute(option, text)),
    dns: given('dns'),
  };
  const ipv6 = only(options, 'ipv6');
  const isIpv6Address = ipv6 !== undefined && isIPv6(ipv6.split('/')[0] ?? '');
  const addresses = [...given('address'), ...(isIpv6Address ? [ipv6] : [])].map((text) => {
    return readAddress(option, text);
  });
  const fixed = { 4: addresses.filter(({ version }) => version === 4), 6: addresses.filter(isVersion6) };
  const way4 = only(options, 'ipv4');
  const word4 = way4 === undefined ? undefined : oneOfWords(`${option}: ipv4=`, way4, ['dhcp', 'none']);
  checkContradictions(option, wish.gateways, {
    4: word4 === 'none' && fixed[4].length > 0,
    6: ipv6 === 'none' && fixed[6].length > 0,
  });
  const list: AddressingRequest[] = [
    ...(word4 === 'dhcp' || (word4 === undefined && fixed[4].length === 0)
      ? [{ kind: 'dhcp' as const, version: 4 as const }]
      : []),
    ...fixed[4].map((one, at) => fixedOf(one, wish, at === 0)),
    ...(ipv6 === undefined || isIpv6Address ? [] : ipv6Of(option, ipv6)),
    ...fixed[6].map((one, at) => fixedOf(one, wish, at === 0)),
  ];
  checkUsed(option, wish, fixed[4].length > 0, fixed[6].length > 0);
  return withDns(option, list, wish.dns);
}

interface ReadAddress {
  readonly version: 4 | 6;
  readonly address: string;
  readonly prefix?: number;
}

function isVersion6({ version }: ReadAddress): boolean {
  return version === 6;
}

/** `192.0.2.10`, `192.0.2.10/24` or `2001:db8::10/64`. */
function readAddress(option: string, text: string): ReadAddress {
  const [, address = '', prefix] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIPv4(address) ? 4 : isIPv6(address) ? 6 : undefined;
  if (version === undefined) {
    throw invalid(
      `${option}: "${text}" is not an address`,
      'Write it as 192.0.2.10/24 or 2001:db8::10/64; a managed network needs no prefix.',
    );
  }
  return { version, address, ...(prefix === undefined ? {} : { prefix: Number(prefix) }) };
}

/** Gateway and routes belong to the first address of their IP version. */
function fixedOf({ version, ...place }: ReadAddress, wish: Wish, isFirst: boolean): StaticRequest {
  if (!isFirst) return { kind: 'static', ...place };
  const gateway = wish.gateways.find((one) => one !== 'none' && versionOf(one) === version);
  const routes = wish.routes.filter(({ destination }) => versionOf(destination) === version);
  const isNone = version === 4 && wish.gateways.includes('none');
  return {
    kind: 'static',
    ...place,
    ...(gateway === undefined ? (isNone ? { gateway: null } : {}) : { gateway }),
    ...(routes.length === 0 ? {} : { routes }),
  };
}

function ipv6Of(option: string, text: string): readonly AddressingRequest[] {
  if (text.includes(':'))
    throw invalid(`${option}: "${text}" is not an IPv6 address`, 'Write 2001:db8::10/64.');
  const word = oneOfWords(`${option}: ipv6=`, text, IPV6_WORDS);
  if (word === 'none') return [];
  return [word === 'dhcp' ? { kind: 'dhcp', version: 6 } : { kind: word }];
}

/** `10.0.0.0/8:192.0.2.1`, `2001:db8::/32:fe80::1`. */
function readRoute(option: string, text: string): Route {
  const [, destination, gateway] = /^([^/]+\/\d{1,3}):(.+)$/.exec(text) ?? [];
  if (destination !== undefined && gateway !== undefined) return { destination, gateway };
  throw invalid(
    `${option}: "${text}" is not a route`,
    'Write the network and its gateway: route=10.20.0.0/16:192.0.2.254',
  );
}

/** What nothing would take is not dropped in silence. */
function checkUsed(option: string, { gateways, routes }: Wish, has4: boolean, has6: boolean): void {
  const isIdle = (text: string) => !(versionOf(text) === 4 ? has4 : has6); // `none` is IPv4's
  const idle = [
    ...gateways.filter(isIdle).map((gateway) => `gateway=${gateway}`),
    ...routes
      .filter((route) => isIdle(route.destination))
      .map((route) => `the route to ${route.destination}`),
  ];
  if (idle.length === 0) return;
  throw invalid(
    `${option}: ${idle.join(', ')} stands without an address of its IP version`,
    'Give address= too, or leave it to DHCP or the router.',
  );
}

/** One of two that cannot both be meant would go in silence. */
function checkContradictions(
  option: string,
  gateways: readonly string[],
  isBoth: { readonly 4: boolean; readonly 6: boolean },
): void {
  for (const version of [4, 6] as const) {
    if (isBoth[version])
      throw invalid(`${option}: ipv${version}=none, and an IPv${version} address`, 'Leave one of them out.');
    const [first, second] = gateways.filter((one) => versionOf(one) === version); // `none` is IPv4's
    if (second === undefined) continue;
    throw invalid(
      `${option}: gateway=${first} and gateway=${second}, and there is one for each IP version`,
      'Leave one of them out, or write route=NETWORK:GATEWAY.',
    );
  }
}

function versionOf(text: string): 4 | 6 {
  return text.includes(':') ? 6 : 4;
}

/** Servers stand beside the first way to an address of their IP version, else beside the first of all. */
function withDns(
  option: string,
  list: readonly AddressingRequest[],
  dns: readonly string[],
): readonly AddressingRequest[] {
  if (dns.length === 0) return list;
  if (list.length === 0)
    throw invalid(`${option}: dns= stands without any way to an address`, 'Leave it out.');
  const places = list.map((one) =>
    one.kind === 'dhcp' ? one.version : one.kind === 'static' ? versionOf(one.address) : 6,
  );
  return list.map((one, at) => {
    const mine = dns.filter((server) => at === Math.max(0, places.indexOf(versionOf(server))));
    return mine.length === 0 ? one : { ...one, dns: mine };
  });
}
