// The network cards of a launch, each with an address of its own where the network is ours.
import { newMac, newUuid } from '../base/index.ts';
import type { Instance, LinkRequest, NetworkRequest, Port } from '../model/index.ts';
import {
  checkNetworkRequests,
  chosenPairs,
  membersOf,
  type NetworkPlace,
  planAddressing,
  planPort,
  portAddresses,
  type StaticLeases,
} from '../network/index.ts';
import { addressTaken } from '../store/index.ts';
import { findTarget, type Mode } from './attach-target.ts';
import type { LaunchRequest } from './compute.ts';
import { macTaken, memberHasAddresses, networkCombinationInvalid, nothingToSay } from './network-faults.ts';
import type { Tools } from './tools.ts';

/** Finds every network that a launch names. Throws `NETWORK_REQUEST_INVALID` and the faults of `findTarget`. */
export async function findPlaces(
  tools: Tools,
  request: Pick<LaunchRequest, 'network' | 'networks' | 'links'>,
  mode: Mode,
  signal: AbortSignal | undefined,
): Promise<readonly NetworkPlace[]> {
  const requests = withoutMembers(requestsOf(request), request.links ?? []);
  checkNetworkRequests(requests);
  const places: NetworkPlace[] = [];
  for (const one of requests) {
    const target = await findTarget(tools, one.network, mode, signal);
    if (target.kind !== 'none') places.push({ request: one, target });
    else if (requests.length > 1) throw networkCombinationInvalid();
    else if (saysMore(one)) throw nothingToSay();
  }
  return places;
}

/** Without a card there is nothing that could have it. */
function saysMore({ mac, mtu, addressing = [] }: NetworkRequest): boolean {
  return mac !== undefined || mtu !== undefined || addressing.length > 0;
}

/** One card on the managed network, where nothing is said. */
function requestsOf({
  network,
  networks,
}: Pick<LaunchRequest, 'network' | 'networks'>): readonly NetworkRequest[] {
  if (networks === undefined) return [network === undefined ? {} : { network }];
  if (network !== undefined) throw networkCombinationInvalid();
  return networks;
}

/** A card in a bond has no addresses: the bond has them. */
function withoutMembers(
  requests: readonly NetworkRequest[],
  links: readonly LinkRequest[],
): readonly NetworkRequest[] {
  const members = membersOf(links);
  return requests.map((request, number) => {
    if (!members.has(number)) return request;
    if ((request.addressing ?? []).length > 0) throw memberHasAddresses(number);
    return { ...request, addressing: [] };
  });
}

/**
 * Runs in the transaction that adds the instance, unless it only peeks. Throws `ADDRESS_EXHAUSTED`, `ADDRESS_TAKEN`,
 * `ADDRESS_NOT_KEPT`, `MAC_TAKEN` and `NETWORK_REQUEST_INVALID`.
 */
export function planPorts(
  tools: Tools,
  places: readonly NetworkPlace[],
  instanceId: string,
  mode: Mode,
): readonly Port[] {
  const planned: string[] = [];
  const { addresses } = tools.store;
  // what somebody chose comes first, so that nobody is given it by chance
  const chosen = places.map((place) => {
    const pairs = chosenPairs(place);
    for (const pair of pairs) {
      const pool = poolOf(place);
      if (pool === undefined) continue;
      if (planned.includes(pair.address))
        throw addressTaken(pair.address, pool.network, 'another card of the guest');
      if (mode === 'peek') addresses.requireFree(pool.network, pair.address);
      else addresses.take({ instanceId, pool }, pair);
      planned.push(pair.address);
    }
    return pairs[0];
  });
  const ports: Port[] = [];
  const others = [...tools.store.instances.list(), { name: 'another card of the guest', ports }];
  for (const [at, place] of places.entries()) {
    const { request, target } = place;
    const pool = poolOf(place);
    const address = chosen[at]?.address ?? (pool && nextAddress({ tools, pool, instanceId, mode, planned }));
    const prefix = target.kind === 'network' ? (target.staticLeases?.prefix ?? 0) : 0;
    const port = planPort({
      id: newUuid(),
      mac: request.mac?.toLowerCase() ?? newMac(),
      target,
      mtu: request.mtu,
      addressing: planAddressing(place, at === 0 && place.isFurther !== true),
      ...(address === undefined ? {} : { fixedIp: { address, prefix } }),
    });
    if (isChosen(request)) requireUnused(port, others);
    ports.push(port);
  }
  return ports;
}

interface NextAddress {
  readonly tools: Tools;
  readonly pool: { readonly network: string; readonly pairs: StaticLeases['pairs'] };
  readonly instanceId: string;
  readonly mode: Mode;
  /** Of this plan; the address joins them. */
  readonly planned: string[];
}

function nextAddress({ tools, pool, instanceId, mode, planned }: NextAddress): string {
  const { addresses } = tools.store;
  const address =
    mode === 'peek' ? addresses.peek(pool, planned) : addresses.allocate({ instanceId, pool }).address;
  planned.push(address);
  return address;
}

function poolOf({ target }: NetworkPlace): NextAddress['pool'] | undefined {
  if (target.kind !== 'network' || target.staticLeases === null) return undefined;
  return portAddresses(target.network, target.staticLeases);
}

/** What novalet makes up and keeps is nobody else's. */
function isChosen({ mac, addressing = [] }: NetworkRequest): boolean {
  return mac !== undefined || addressing.some(({ kind }) => kind === 'static');
}

/** Two guests with one MAC or one address on a network are heard both, and neither. */
function requireUnused(port: Port, others: readonly Pick<Instance, 'name' | 'ports'>[]): void {
  const place = placeOf(port);
  for (const { name, ports } of others) {
    for (const other of ports) {
      if (other.mac === port.mac) throw macTaken(port.mac, name);
      if (place === undefined || placeOf(other) !== place) continue;
      const both = port.fixedIps.find(({ address }) => other.fixedIps.some((one) => one.address === address));
      if (both !== undefined) throw addressTaken(both.address, place, name);
    }
  }
}

/** The bridge where it is known: a network of libvirt and its bridge are one. */
function placeOf({ binding }: Port): string | undefined {
  if (binding.kind === 'user') return undefined;
  return binding.bridge === '' && binding.kind === 'network' ? binding.network : binding.bridge;
}
