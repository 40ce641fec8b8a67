// The NAT network of our own, made on first use: libvirt's bridge, dnsmasq and NAT rules, persistent, started with the
// host. It is made with an address for every port that it will ever have. A process that was killed in the middle leaves a defined network, which the next one starts.
import { randomInt } from 'node:crypto';
import { Fault } from '../base/index.ts';
import type { Connection, Network } from '../libvirt/index.ts';
import { type DhcpHost, networkElement, readNetwork, serializeXml } from '../libvirt-xml/index.ts';
import { linkNames, readHostLinks } from './host-links.ts';
import { parseIpv4, type Subnet, subnetOf } from './ipv4.ts';
import { chooseSubnet, layoutOf, requireSubnet } from './subnet.ts';
import { type AttachTarget, networkTarget } from './target.ts';

export interface OurNetwork {
  readonly name: string;
  /** a.b.c.d/len; null picks a free one. */
  readonly subnet: string | null;
  /** DNS domain of the guests; null for none. */
  readonly domain: string | null;
}

/** Runs `work` while no other process makes the same network. */
export type UnderLease = <T>(key: string, work: () => Promise<T>) => Promise<T>;

/** A bridge carries this unless the host's way out is narrower. */
const ETHERNET_MTU = 1500;
const MOST_ATTEMPTS = 5;
/** What three bytes can count. */
const MAC_NUMBERS = 2 ** 24;

/**
 * The network of our own, ready for guests. Three libvirt calls when it is there. Throws `NETWORK_START_FAILED`,
 * `SUBNET_EXHAUSTED`, `SUBNET_INVALID` or `SUBNET_IN_USE`, and what the lease throws.
 */
export async function ensureNetwork(
  connection: Connection,
  wish: OurNetwork,
  underLease: UnderLease,
): Promise<Extract<AttachTarget, { kind: 'network' }>> {
  const network = await connection.findNetwork({ name: wish.name });
  if (network !== undefined && (await network.isActive())) return networkTarget(await network.xml(), true);
  return await underLease(`network:${wish.name}`, async () => {
    const found = await connection.findNetwork({ name: wish.name });
    if (found === undefined) return networkTarget(await (await make(connection, wish)).xml(), true);
    await found.setAutostart(true);
    if (!(await found.isActive())) await start(found);
    return networkTarget(await found.xml(), true);
  });
}

/**
 * Somebody else may take the bridge's name or the subnet between our look and our making; then another look tells
 * another description, and we try again.
 */
async function make(connection: Connection, wish: OurNetwork): Promise<Network> {
  for (let attempt = 1; ; attempt += 1) {
    const xml = await describe(connection, wish);
    try {
      return await defineAndStart(connection, xml);
    } catch (error) {
      if (attempt === MOST_ATTEMPTS || xml === (await describe(connection, wish))) throw error;
    }
  }
}

async function defineAndStart(connection: Connection, xml: string): Promise<Network> {
  const network = await connection.defineNetwork(xml);
  try {
    await network.setAutostart(true);
    await start(network);
    return network;
  } catch (error) {
    await network.undefine();
    throw error;
  }
}

/** What `ensureNetwork` would give, without making or starting anything; for plans that are only printed. */
export async function previewNetwork(
  connection: Connection,
  wish: OurNetwork,
): Promise<Extract<AttachTarget, { kind: 'network' }>> {
  const network = await connection.findNetwork({ name: wish.name });
  return networkTarget(network === undefined ? await describe(connection, wish) : await network.xml(), true);
}

/** The XML of the network as it would be made now. */
async function describe(connection: Connection, wish: OurNetwork): Promise<string> {
  const host = await readHostLinks();
  const others = await describeNetworks(connection);
  const used = [...host.subnets, ...others.subnets];
  const subnet = wish.subnet === null ? chooseSubnet(used) : requireSubnet(wish.subnet, used);
  const { gateway: address, first: start, last: end, kept } = layoutOf(subnet);
  const { uplinkMtu } = host;
  const description = networkElement({
    name: wish.name,
    forward: 'nat',
    bridge: freeBridgeName([...linkNames(), ...others.bridges]),
    mtu: uplinkMtu !== null && uplinkMtu < ETHERNET_MTU ? uplinkMtu : undefined,
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

async function describeNetworks(
  connection: Connection,
): Promise<{ readonly subnets: readonly Subnet[]; readonly bridges: readonly string[] }> {
  const listed = await connection.listNetworks();
  const networks = await Promise.all(listed.map(async ({ network }) => readNetwork(await network.xml())));
  return {
    subnets: networks.flatMap(({ ips }) => ips.flatMap(subnetOfIp)),
    bridges: networks.flatMap(({ bridge }) => bridge ?? []),
  };
}

function subnetOfIp(ip: { readonly address: string; readonly prefix: number }): readonly Subnet[] {
  const address = parseIpv4(ip.address);
  return address === undefined ? [] : [subnetOf(address, ip.prefix)];
}

async function start(network: Network): Promise<void> {
  try {
    await network.start();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Fault('refused', 'NETWORK_START_FAILED', `Network ${network.name} does not start: ${why}`, {
      cause: error,
      hint: `When its subnet or bridge is used by something else now, let novalet choose anew: virsh net-undefine ${network.name}. dnsmasq must be installed: apt install dnsmasq-base`,
      details: { network: network.name },
    });
  }
}
