// The network cards of a launch, each with an address of its own where the network is ours.
import { newMac, newUuid } from '../base/index.ts';
import type { LinkRequest, NamedPort, NetworkRequest, Port } from '../model/index.ts';
import {
  checkNetworkRequests,
  chosenPairs,
  membersOf,
  type NetworkPlace,
  planAddressing,
  planPort,
  portAddresses,
} from '../network/index.ts';
import { type AddressHolder, addressTaken, macTaken } from '../store/index.ts';
import { findTarget, type Mode } from './attach-target.ts';
import type { LaunchRequest } from './compute.ts';
import { memberHasAddresses, networkCombinationInvalid, nothingToSay } from './network-faults.ts';
import { requireStaying } from './networks/network-turn.ts';
import { findNamedPort, namedPlace, networkNameOf, requireTakeable } from './ports/named-place.ts';
import type { Tools } from './tools.ts';

/**
 * Finds every network and every port that a launch names. Throws `NETWORK_REQUEST_INVALID`, the faults of `findTarget` and those
 * of `namedPlace`.
 */
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
    const place = await findPlace(tools, one, mode, signal);
    if (place !== undefined) places.push(place);
    else if (requests.length > 1) throw networkCombinationInvalid();
    else if (saysMore(one)) throw nothingToSay();
  }
  return places;
}

/** Undefined for no card at all. */
async function findPlace(
  tools: Tools,
  { port: ref, ...request }: NetworkRequest,
  mode: Mode,
  signal: AbortSignal | undefined,
): Promise<NetworkPlace | undefined> {
  const port = ref === undefined ? undefined : findNamedPort(tools, ref, request);
  const name = port === undefined ? request.network : networkNameOf(port);
  const target = await findTarget(tools, name, mode, signal);
  if (target.kind === 'none') return undefined;
  return port === undefined ? { request, target } : namedPlace(request, port, target);
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
 * Runs in the transaction that adds the holder, unless it only peeks. Throws `ADDRESS_EXHAUSTED`, `ADDRESS_TAKEN`,
 * `ADDRESS_NOT_KEPT`, `MAC_TAKEN`, `NETWORK_REQUEST_INVALID`, `PORT_NOT_FOUND`, `PORT_IN_USE`, and `LEASE_HELD` for a network
 * that is being removed.
 */
export function planPorts(
  tools: Tools,
  places: readonly NetworkPlace[],
  holder: AddressHolder,
  mode: Mode,
): readonly Port[] {
  requireTakeable(
    tools,
    places.flatMap(({ port }) => port ?? []),
  );
  const plan = { tools, holder, mode, planned: [] };
  // what somebody chose comes first, so that nobody is given it by chance
  const chosen = places.map((place) => takeChosen(plan, place));
  const ports: Port[] = [];
  for (const [at, place] of places.entries()) {
    const { request, target, port: named } = place;
    if (target.kind === 'network') requireStaying(tools, target.network);
    const address = chosen[at] ?? nextAddress(plan, poolOf(place));
    const prefix = target.kind === 'network' ? (target.staticLeases?.prefix ?? 0) : 0;
    const port = planPort({
      id: named?.id ?? idFor(holder),
      mac: request.mac?.toLowerCase() ?? newMac(),
      target,
      mtu: request.mtu,
      addressing: planAddressing(place, at === 0 && place.isFurther !== true),
      ...(address === undefined ? {} : { fixedIp: { address, prefix } }),
    });
    if (isChosen(request)) requireUnused(port, othersOf(tools, ports, named));
    ports.push(port);
  }
  return ports;
}

/** Names of the networks among them whose addresses novalet keeps. */
export function keepingNetworks(places: readonly NetworkPlace[]): readonly string[] {
  return places.flatMap((place) => poolOf(place)?.network ?? []);
}

/** A port of its own name is its one card. */
function idFor(holder: AddressHolder): string {
  return 'portId' in holder ? holder.portId : newUuid();
}

interface AddressPlan {
  readonly tools: Tools;
  readonly holder: AddressHolder;
  readonly mode: Mode;
  /** Addresses of this plan; each that is given joins them. */
  readonly planned: string[];
}

/** The address that somebody chose of those that the network keeps; a port that is there has its one. */
function takeChosen({ tools, holder, mode, planned }: AddressPlan, place: NetworkPlace): string | undefined {
  const pairs = chosenPairs(place);
  const pool = poolOf(place);
  if (place.port !== undefined || pool === undefined) return pairs[0]?.address;
  const { addresses } = tools.store;
  for (const pair of pairs) {
    if (planned.includes(pair.address))
      throw addressTaken(pair.address, pool.network, 'another card of the guest');
    if (mode === 'peek') addresses.requireFree(pool.network, pair.address);
    else addresses.take({ ...holder, pool }, pair);
    planned.push(pair.address);
  }
  return pairs[0]?.address;
}

type Pool = ReturnType<typeof portAddresses>;

function nextAddress(
  { tools, holder, mode, planned }: AddressPlan,
  pool: Pool | undefined,
): string | undefined {
  if (pool === undefined) return undefined;
  const { addresses } = tools.store;
  const address =
    mode === 'peek' ? addresses.peek(pool, planned) : addresses.allocate({ ...holder, pool }).address;
  planned.push(address);
  return address;
}

function poolOf({ target }: NetworkPlace): Pool | undefined {
  if (target.kind !== 'network' || target.staticLeases === null) return undefined;
  return portAddresses(target.network, target.staticLeases);
}

interface HasCards {
  readonly name: string;
  readonly ports: readonly Pick<Port, 'mac' | 'binding' | 'fixedIps'>[];
}

/** Everybody who has a MAC address or an address of ours, but the port that is being used. */
function othersOf(
  { store }: Tools,
  planned: readonly Port[],
  named: NamedPort | undefined,
): readonly HasCards[] {
  const ports = store.ports.list().filter(({ id }) => id !== named?.id);
  return [
    ...store.instances.list(),
    ...ports.map((port) => ({ name: `Port ${port.name}`, ports: [port] })),
    { name: 'another card of the guest', ports: planned },
  ];
}

/** What novalet makes up and keeps is nobody else's. */
function isChosen({ mac, addressing = [] }: NetworkRequest): boolean {
  return mac !== undefined || addressing.some(({ kind }) => kind === 'static');
}

/** Two guests with one MAC or one address on a network are heard both, and neither. */
function requireUnused(port: Port, others: readonly HasCards[]): void {
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
function placeOf({ binding }: Pick<Port, 'binding'>): string | undefined {
  if (binding.kind === 'user') return undefined;
  return binding.bridge === '' && binding.kind === 'network' ? binding.network : binding.bridge;
}
