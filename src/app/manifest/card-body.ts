// A network card in `networks:` of an instance: a name alone, or a map. Whether it can be meant is checked by the engine.
import { isIPv4, isIPv6 } from 'node:net';
import { defined } from '../../base/index.ts';
import type { AddressingRequest, NetworkRequest, StaticRequest } from '../../model/index.ts';
import type { Spot } from './findings.ts';
import { aBody, aCount, aText, type Body, oneOrMore, oneWordOf, type Reads } from './readers.ts';

interface Address {
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

export const cardFields = {
  port: aText,
  network: aText,
  mac: aText,
  mtu: aCount(68, 65_535),
  address: oneOrMore(anAddress),
  gateway: oneOrMore(aPlainAddress),
  dns: oneOrMore(aPlainAddress),
  ipv4: oneWordOf('dhcp', 'none'),
  ipv6: oneWordOf('slaac', 'dhcp', 'dhcpv6-stateless', 'dhcpv6-stateful', 'none'),
};

const cardBody = aBody(cardFields);

export const aCard: Reads<NetworkRequest> = (tree, at) => {
  if (tree.kind === 'scalar' && typeof tree.value === 'string') return { network: tree.value };
  const body = cardBody(tree, at);
  if (body === undefined) return undefined;
  const { port, network, mac, mtu } = body;
  return defined({ port, network, mac, mtu, addressing: addressingOf(body, at) });
};

/** Undefined where nothing is said. Gateway belongs to the first address of its IP version, DNS to the first of all. */
function addressingOf(body: Body<typeof cardFields>, at: Spot): readonly AddressingRequest[] | undefined {
  const { address = [], gateway = [], dns, ipv4, ipv6 } = body;
  const isSaid = [body.address, body.gateway, dns, ipv4, ipv6].some((value) => value !== undefined);
  if (!isSaid) return undefined;
  const [of4, of6] = [
    address.filter(({ version }) => version === 4),
    address.filter(({ version }) => version === 6),
  ];
  if ((ipv4 === 'none' && of4.length > 0) || (ipv6 === 'none' && of6.length > 0))
    return at.refuse('has an address of an IP version that is none');
  const isIdle = (one: string) => (isIPv4(one) ? of4 : of6).length === 0;
  if (gateway.some(isIdle)) return at.refuse('has a gateway without an address of its IP version');
  const [none4, none6] = [4, 6].map(
    (version) => gateway.filter((one) => isIPv4(one) === (version === 4)).length > 1,
  );
  if (none4 === true || none6 === true) return at.refuse('has two gateways of one IP version');
  const list: AddressingRequest[] = [
    ...(ipv4 === 'dhcp' || (ipv4 === undefined && of4.length === 0)
      ? [{ kind: 'dhcp' as const, version: 4 as const }]
      : []),
    ...fixed(of4, gateway.find(isIPv4)),
    ...(ipv6 === undefined || ipv6 === 'none' ? [] : [way6(ipv6)]),
    ...fixed(of6, gateway.find(isIPv6)),
  ];
  const [first, ...others] = list;
  if (dns === undefined) return list;
  return first === undefined ? at.refuse('has dns, and no addresses') : [{ ...first, dns }, ...others];
}

function fixed(addresses: readonly Address[], gateway: string | undefined): readonly StaticRequest[] {
  return addresses.map(({ address, prefix }, at) => ({
    kind: 'static',
    address,
    ...defined({ prefix, gateway: at === 0 ? gateway : undefined }),
  }));
}

function way6(word: 'slaac' | 'dhcp' | 'dhcpv6-stateless' | 'dhcpv6-stateful'): AddressingRequest {
  return word === 'dhcp' ? { kind: 'dhcp', version: 6 } : { kind: word };
}
