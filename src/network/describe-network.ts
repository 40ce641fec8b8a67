// What a network of ours looks like: libvirt's bridge, dnsmasq and, where its guests may get out, NAT rules, with an address
// for every port that it will ever have.
import { randomInt } from 'node:crypto';
import type { Connection } from '../libvirt/index.ts';
import { type DhcpHost, networkElement, serializeXml } from '../libvirt-xml/index.ts';
import { linkNames, readHostLinks } from './host-links.ts';
import { parseIpv4, type Subnet, subnetOf } from './ipv4.ts';
import { networkMark } from './mark.ts';
import { readNetworks } from './read-networks.ts';
import { chooseSubnet, layoutOf, requireSubnet } from './subnet.ts';

export interface OurNetwork {
  readonly name: string;
  /** a.b.c.d/len; null picks a free one. */
  readonly subnet: string | null;
  /** DNS domain of the guests; null for none. */
  readonly domain: string | null;
  /** `none`: nothing leads out of it. `nat` when left out. */
  readonly forward?: 'nat' | 'none' | undefined;
  /** What the host's way out carries, up to 1500, when left out. */
  readonly mtu?: number | undefined;
  /** The state directory in which its addresses are recorded; it is not marked when left out. */
  readonly state?: string | undefined;
}

/** A bridge carries this unless the host's way out is narrower. */
const ETHERNET_MTU = 1500;
/** What three bytes can count. */
const MAC_NUMBERS = 2 ** 24;

/** The XML of the network as it would be made now. Throws `SUBNET_EXHAUSTED`, `SUBNET_INVALID` or `SUBNET_IN_USE`. */
export async function describeNetwork(connection: Connection, wish: OurNetwork): Promise<string> {
  const host = await readHostLinks();
  const others = await describeOthers(connection, wish.name);
  const used = [...host.subnets, ...others.subnets];
  const subnet = wish.subnet === null ? chooseSubnet(used) : requireSubnet(wish.subnet, used);
  const { gateway: address, first: start, last: end, kept } = layoutOf(subnet);
  const description = networkElement({
    name: wish.name,
    metadata: wish.state === undefined ? undefined : [networkMark(wish.state)],
    forward: wish.forward === 'none' ? 'isolated' : 'nat',
    bridge: freeBridgeName([...linkNames(), ...others.bridges]),
    mtu: wish.mtu ?? narrowMtu(host.uplinkMtu),
    domain: wish.domain ?? undefined,
    ips: [
      {
        family: 'ipv4',
        address,
        prefix: subnet.prefix,
        dhcp: { ranges: [{ start, end }], hosts: pair(kept) },
      },
    ],
  });
  return serializeXml(description);
}

function narrowMtu(uplinkMtu: number | null): number | undefined {
  return uplinkMtu !== null && uplinkMtu < ETHERNET_MTU ? uplinkMtu : undefined;
}

/** Consecutive MAC addresses under `fa:16:3e`, from a random one on, so that two networks of ours hardly share any. */
function pair(addresses: readonly string[]): readonly DhcpHost[] {
  const start = randomInt(MAC_NUMBERS);
  return addresses.map((address, index) => {
    const digits = ((start + index) % MAC_NUMBERS).toString(16).padStart(6, '0');
    return { address, mac: ['fa:16:3e', ...(digits.match(/../g) ?? [])].join(':') };
  });
}

/** `nvbr0`, or the first of its kind that nobody has. */
export function freeBridgeName(taken: readonly string[]): string {
  const names = new Set(taken);
  let number = 0;
  while (names.has(`nvbr${number}`)) number += 1;
  return `nvbr${number}`;
}

async function describeOthers(
  connection: Connection,
  name: string,
): Promise<{ readonly subnets: readonly Subnet[]; readonly bridges: readonly string[] }> {
  const found = await readNetworks(connection);
  const others = found.flatMap(({ description }) => (description.name === name ? [] : [description]));
  return {
    subnets: others.flatMap(({ ips }) => ips.flatMap(subnetOfIp)),
    bridges: others.flatMap(({ bridge }) => bridge ?? []),
  };
}

function subnetOfIp(ip: { readonly address: string; readonly prefix: number }): readonly Subnet[] {
  const address = parseIpv4(ip.address);
  return address === undefined ? [] : [subnetOf(address, ip.prefix)];
}
