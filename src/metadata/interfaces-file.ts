// /etc/network/interfaces for guests that read no other description, as Nova's flat_injected has it: made where some address
// is static, since a guest asks DHCP by itself. Source: interfaces(5), ifenslave and vlan of Debian.
import type { Addressing, StaticAddressing } from '../model/index.ts';
import { checked, netmask, networkOf, versionOf } from './address.ts';
import { fillTemplate, type Values } from './fill-template.ts';
import { type Bond, type Card, guestNetwork, type Vlan } from './guest-network.ts';
import type { MetadataInput } from './metadata-input.ts';

/** Undefined unless the input has a template, and some address is static. Throws `METADATA_ADDRESS_INVALID`. */
export function interfacesFile({ interfacesTemplate, nics, links }: MetadataInput): string | undefined {
  const guest = interfacesTemplate === undefined ? undefined : guestNetwork(nics, links);
  if (guest === undefined || interfacesTemplate === undefined) return undefined;
  const { cards, bonds, vlans } = guest;
  const all = [...cards, ...bonds, ...vlans];
  if (!all.some(({ addressing }) => addressing.some(({ kind }) => kind === 'static'))) return undefined;
  const stanza = [
    ...cards.flatMap((card) => stanzas(card, { mac: card.mac, master: masterOf(card, bonds) })),
    ...bonds.flatMap((bond) => stanzas(bond, bondWords(bond))),
    ...vlans.flatMap((vlan) => stanzas(vlan, vlanWords(vlan))),
  ];
  return fillTemplate(interfacesTemplate, { stanza });
}

function masterOf(card: Card, bonds: readonly Bond[]): string | undefined {
  return bonds.find(({ members }) => members.includes(card))?.name;
}

/** The cards name their bond themselves. */
function bondWords({ mac, mode, miimon, xmitHashPolicy }: Bond): Values {
  return { mac, slaves: 'none', mode, miimon: String(miimon), hash: xmitHashPolicy };
}

function vlanWords({ mac, hasOwnMac, over, vlanId }: Vlan): Values {
  return { mac: hasOwnMac ? mac : undefined, below: over.name, vlanId: String(vlanId) };
}

/** One for each way to an address; what belongs to the device stands in the first. */
function stanzas(device: Pick<Card, 'name' | 'addressing' | 'mtu'>, words: Values): readonly Values[] {
  const { name, addressing, mtu } = device;
  const ways = addressing.length === 0 ? [MANUAL] : addressing.map(wayWords);
  return ways.map((way, at) => {
    const isFirst = at === 0;
    const told = isFirst && mtu !== null ? String(mtu) : undefined;
    const isStatic = way['method'] === 'static';
    return {
      ...NOTHING,
      name,
      auto: isFirst ? name : undefined,
      ...(isFirst ? words : {}),
      ...way,
      mtu: isStatic ? told : undefined,
      linkMtu: isStatic ? undefined : told, // the other methods of ifupdown know no MTU
    };
  });
}

const MANUAL: Values = { family: 'inet', method: 'manual' };

const NOTHING: Values = Object.fromEntries(
  [
    ...['mac', 'below', 'vlanId', 'master', 'slaves', 'mode', 'miimon', 'hash', 'address', 'netmask'],
    ...['broadcast', 'gateway', 'dns', 'acceptRa', 'dhcp', 'route'],
  ].map((name) => [name, undefined]),
);

function wayWords(one: Addressing): Values {
  const dns = one.dns === undefined || one.dns.length === 0 ? undefined : one.dns.map(checked).join(' ');
  if (one.kind === 'dhcp' && one.version === 4) return { family: 'inet', method: 'dhcp', dns };
  if (one.kind === 'static') return { ...staticWords(one), dns };
  const route = one.kind === 'dhcp' ? [] : routesOf(one);
  const isByRouter = one.kind === 'slaac' || one.kind === 'dhcpv6-stateless';
  return {
    family: 'inet6',
    method: isByRouter ? 'auto' : 'dhcp',
    dns,
    acceptRa: '1',
    dhcp: one.kind === 'dhcpv6-stateless' ? '1' : undefined,
    route,
  };
}

function staticWords(one: StaticAddressing): Values {
  const version = versionOf(one.address);
  const mask = netmask(one.prefix, version);
  return {
    family: version === 4 ? 'inet' : 'inet6',
    method: 'static',
    address: one.address,
    netmask: version === 4 ? mask : String(one.prefix),
    broadcast: version === 4 ? broadcast(one.address, mask) : undefined,
    gateway: one.gateway === undefined ? undefined : checked(one.gateway),
    route: routesOf(one),
  };
}

function broadcast(address: string, mask: string): string {
  const masks = mask.split('.').map(Number);
  return address
    .split('.')
    .map((part, at) => Number(part) | (~(masks[at] ?? 0) & 255))
    .join('.');
}

/** `10.20.0.0/16 via 192.0.2.254`. */
function routesOf({ routes = [] }: Pick<StaticAddressing, 'routes'>): readonly string[] {
  return routes.map(({ destination, gateway }) => {
    const prefix = destination.slice(destination.indexOf('/') + 1);
    return `${networkOf(destination).network}/${prefix} via ${checked(gateway)}`;
  });
}
