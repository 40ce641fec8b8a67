// What the host's own network looks like: addresses, routes, bridges, MTU. From iproute2's JSON and /sys/class/net.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { Fault } from '../base/index.ts';
import { runProgram } from '../hostlink/index.ts';
import { parseIpv4, parseSubnet, type Subnet, subnetOf } from './ipv4.ts';

export interface HostLinks {
  /** Every IPv4 subnet that the host has an address in or a route to. */
  readonly subnets: readonly Subnet[];
  /** Smallest MTU among the devices of the default routes; null without a default route. */
  readonly uplinkMtu: number | null;
}

const TIMEOUT_MS = 5000;

/** Asks `ip`. Throws the faults of `runProgram`, and `IP_OUTPUT_UNREADABLE`. */
export async function readHostLinks(signal?: AbortSignal): Promise<HostLinks> {
  const options = { timeoutMs: TIMEOUT_MS, signal };
  const [routes, addresses] = await Promise.all([
    runProgram('ip', ['-json', '-4', 'route', 'show', 'table', 'all'], options),
    runProgram('ip', ['-json', 'address'], options),
  ]);
  return readIpOutput(routes.stdout, addresses.stdout);
}

/** The two outputs as one value. */
export function readIpOutput(routeJson: string, addressJson: string): HostLinks {
  const routes = objectsIn(routeJson, 'ip route');
  const links = objectsIn(addressJson, 'ip address');
  const ways = routes.filter((route) => route['dst'] === 'default').map((route) => route['dev']);
  const mtus = links
    .filter((link) => ways.includes(link['ifname']))
    .flatMap((link) => (typeof link['mtu'] === 'number' ? [link['mtu']] : []));
  return {
    subnets: [
      ...routes.flatMap((route) => subnetsIn(route['dst'])),
      ...links.flatMap((link) => listOf(link['addr_info']).flatMap(subnetOfAddress)),
    ],
    uplinkMtu: mtus.length === 0 ? null : Math.min(...mtus),
  };
}

/** Names of all network devices of the host. */
export function linkNames(): readonly string[] {
  return readdirSync('/sys/class/net');
}

/** The bridges of the host, whoever made them. */
export function bridgeNames(): readonly string[] {
  return linkNames().filter(isBridge);
}

export function isBridge(name: string): boolean {
  return /^[^/]+$/.test(name) && existsSync(`/sys/class/net/${name}/bridge`);
}

export function mtuOf(link: string): number | null {
  const mtu = Number(readFileSync(`/sys/class/net/${link}/mtu`, 'utf8'));
  return Number.isSafeInteger(mtu) && mtu > 0 ? mtu : null;
}

type Json = Readonly<Record<string, unknown>>;

function objectsIn(json: string, program: string): readonly Json[] {
  try {
    return listOf(JSON.parse(json.trim() === '' ? '[]' : json));
  } catch (error) {
    throw new Fault('refused', 'IP_OUTPUT_UNREADABLE', `${program} printed something that is not JSON`, {
      cause: error,
      hint: 'Install iproute2 4.16 or later.',
    });
  }
}

function listOf(value: unknown): readonly Json[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: unknown) =>
    typeof item === 'object' && item !== null ? [Object.fromEntries(Object.entries(item))] : [],
  );
}

function subnetsIn(destination: unknown): readonly Subnet[] {
  const subnet = typeof destination === 'string' ? parseSubnet(destination) : undefined;
  return subnet === undefined ? [] : [subnet];
}

function subnetOfAddress(info: Json): readonly Subnet[] {
  const { local, prefixlen } = info;
  const address = typeof local === 'string' ? parseIpv4(local) : undefined;
  return address !== undefined && typeof prefixlen === 'number' ? [subnetOf(address, prefixlen)] : [];
}
