// How a card, a VLAN or a bond gets its addresses, in a manifest: the keys that each of them has. Whether they can be meant is
// checked by the engine.
import { isIPv4, isIPv6 } from 'node:net';
import { defined } from '../../base/index.ts';
import type { AddressingRequest, Route, StaticRequest } from '../../model/index.ts';
import type { Spot } from './findings.ts';
import { aText, type Body, oneOrMore, oneWordOf, type Reads } from './readers.ts';

export interface Address {
  readonly version: 4 | 6;
  readonly address: string;
  readonly prefix?: number;
}

/** `192.0.2.10`, `192.0.2.10/24` or `2001:db8::10/64`. */
const anAddress: Reads<Address> = (tree, at) => {
  const text = aText(tree, at);
  if (text === undefined) return undefined;
  const [, address = '', prefix] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIPv4(address) ? 4 : isIPv6(address) ? 6 : undefined;
  if (version === undefined) return at.refuse('is not an address such as 192.0.2.10/24');
  return { version, address, ...(prefix === undefined ? {} : { prefix: Number(prefix) }) };
};

const aPlainAddress: Reads<string> = (tree, at) => {
  const read = anAddress(tree, at);
  if (read?.prefix !== undefined) return at.refuse('is an address with a prefix, and none is wanted here');
  return read?.address;
};

const aGateway: Reads<string> = (tree, at) =>
  tree.kind === 'scalar' && tree.value === NO_GATEWAY ? NO_GATEWAY : aPlainAddress(tree, at);

/** IPv4's, where there would be one. */
const NO_GATEWAY = 'none';

/** `10.20.0.0/16:192.0.2.254`, `2001:db8:20::/48:fe80::1`. */
const aRoute: Reads<Route> = (tree, at) => {
  const text = aText(tree, at);
  if (text === undefined) return undefined;
  const [, destination, gateway] = /^([^/]+\/\d{1,3}):(.+)$/.exec(text) ?? [];
  return destination === undefined || gateway === undefined
    ? at.refuse('is not a network and its gateway, such as 10.20.0.0/16:192.0.2.254')
    : { destination, gateway };
};

export const addressingFields = {
  address: oneOrMore(anAddress),
  gateway: oneOrMore(aGateway),
  dns: oneOrMore(aPlainAddress),
  route: oneOrMore(aRoute),
  ipv4: oneWordOf('dhcp', 'none'),
  ipv6: oneWordOf('slaac', 'dhcp', 'dhcpv6-stateless', 'dhcpv6-stateful', 'none'),
};

type AddressingBody = Body<typeof addressingFields>;

/** Undefined where nothing is said, or a contradiction. Gateway and routes belong to the first address of their IP version. */
export function addressingOf(body: AddressingBody, at: Spot): readonly AddressingRequest[] | undefined {
  const { address = [], ipv4, ipv6 } = body;
  const isSaid = Object.keys(addressingFields).some((key) => Object.hasOwn(body, key));
  if (!isSaid) return undefined;
  const of4 = address.filter(({ version }) => version === 4);
  const of6 = address.filter(({ version }) => version === 6);
  const problem = contradictionIn(body, { 4: of4.length > 0, 6: of6.length > 0 });
  if (problem !== null) return at.refuse(problem);
  const list: AddressingRequest[] = [
    ...(ipv4 === 'dhcp' || (ipv4 === undefined && of4.length === 0)
      ? [{ kind: 'dhcp' as const, version: 4 as const }]
      : []),
    ...fixed(of4, body),
    ...(ipv6 === undefined || ipv6 === 'none' ? [] : [way6(ipv6)]),
    ...fixed(of6, body),
  ];
  const { dns = [] } = body;
  if (dns.length > 0 && list.length === 0) return at.refuse('has dns, and no addresses');
  return withDns(list, dns);
}

function contradictionIn(
  { gateway = [], route = [], ipv4, ipv6 }: AddressingBody,
  has: { readonly 4: boolean; readonly 6: boolean },
): string | null {
  if ((ipv4 === 'none' && has[4]) || (ipv6 === 'none' && has[6]))
    return 'has an address of an IP version that is none';
  if (gateway.some((one) => !has[versionOf(one)]))
    return 'has a gateway without an address of its IP version';
  if (route.some(({ destination }) => !has[versionOf(destination)]))
    return 'has a route without an address of its IP version';
  for (const version of [4, 6]) {
    if (gateway.filter((one) => versionOf(one) === version).length > 1)
      return 'has two gateways of one IP version';
  }
  return null;
}

/** `none` is IPv4's. */
function versionOf(text: string): 4 | 6 {
  return text.includes(':') ? 6 : 4;
}

function fixed(
  addresses: readonly Address[],
  { gateway = [], route = [] }: AddressingBody,
): readonly StaticRequest[] {
  return addresses.map(({ version, address, prefix }, at) => {
    const place = { kind: 'static' as const, address, ...defined({ prefix }) };
    if (at > 0) return place;
    const way = gateway.find((one) => versionOf(one) === version);
    const routes = route.filter(({ destination }) => versionOf(destination) === version);
    return {
      ...place,
      ...(way === undefined ? {} : { gateway: way === NO_GATEWAY ? null : way }),
      ...(routes.length === 0 ? {} : { routes }),
    };
  });
}

function way6(word: 'slaac' | 'dhcp' | 'dhcpv6-stateless' | 'dhcpv6-stateful'): AddressingRequest {
  return word === 'dhcp' ? { kind: 'dhcp', version: 6 } : { kind: word };
}

/** Servers stand beside the first way to an address of their IP version, else beside the first of all. */
function withDns(list: readonly AddressingRequest[], dns: readonly string[]): readonly AddressingRequest[] {
  const versions = list.map((one) =>
    one.kind === 'dhcp' ? one.version : one.kind === 'static' ? versionOf(one.address) : 6,
  );
  return list.map((one, at) => {
    const own = dns.filter((server) => at === Math.max(0, versions.indexOf(versionOf(server))));
    return own.length === 0 ? one : { ...one, dns: own };
  });
}
