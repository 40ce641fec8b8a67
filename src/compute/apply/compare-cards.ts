// Which network cards an instance has too many and too few. Pure.
import { type AddressingRequest, type NetworkRequest, networkOfPort, type Port } from '../../model/index.ts';
import type { PortView } from '../ports/requests.ts';

export interface CardChanges {
  readonly detach: readonly Port[];
  readonly attach: readonly NetworkRequest[];
}

/** What names mean. */
export interface CardPlaces {
  /** The network of a card of which nothing is said. */
  readonly managed: string;
  /** Ports with names of their own. */
  readonly named: readonly Pick<PortView, 'id' | 'name'>[];
}

/**
 * Each wish takes a card that fits it, those that say most first; the order of cards does not count. A port of its own name
 * is there for the wish that names it alone.
 */
export function compareCards(
  wanted: readonly NetworkRequest[],
  ports: readonly Port[],
  places: CardPlaces,
): CardChanges {
  const free = new Set(ports);
  const attach: NetworkRequest[] = [];
  const cards = wanted.filter(({ network }) => network !== 'none');
  for (const request of cards.toSorted((a, b) => weight(b) - weight(a))) {
    const fitting = [...free].find((port) => fits(port, request, places));
    if (fitting === undefined) attach.push(request);
    else free.delete(fitting);
  }
  return { detach: [...free], attach };
}

/** For people. */
export function cardWords({ port, network, mac, addressing = [] }: NetworkRequest, managed: string): string {
  const addresses = addressing.flatMap((one) => (one.kind === 'static' ? [one.address] : []));
  const place = port === undefined ? (network ?? managed) : `port ${port}`;
  return [place, ...(mac === undefined ? [] : [mac]), ...addresses].join(' ');
}

export function portWords(port: Port): string {
  const { mac, fixedIps } = port;
  return [networkOfPort(port) ?? 'user', mac, ...fixedIps.map(({ address }) => address)].join(' ');
}

/** A port of its own name, by that or by its id. */
export function findNamed<T extends Pick<PortView, 'id' | 'name'>>(
  ports: readonly T[],
  ref: string,
): T | undefined {
  return ports.find(({ name }) => name === ref) ?? ports.find(({ id }) => id === ref);
}

function fits(port: Port, request: NetworkRequest, { managed, named }: CardPlaces): boolean {
  const { network, mac, mtu, addressing } = request;
  if (request.port !== undefined) return findNamed(named, request.port)?.id === port.id;
  if (named.some(({ id }) => id === port.id)) return false;
  const place = networkOfPort(port);
  if (place === undefined ? network !== undefined : place !== (network ?? managed)) return false;
  if (mac !== undefined && mac.toLowerCase() !== port.mac.toLowerCase()) return false;
  if (mtu !== undefined && mtu !== port.mtu) return false;
  return addressing === undefined || ways(addressing) === ways(port.addressing);
}

function ways(addressing: readonly Way[]): string {
  return addressing
    .map(({ kind, version, address }) => `${kind} ${kind === 'static' ? address : (version ?? '')}`)
    .sort()
    .join();
}

interface Way {
  readonly kind: AddressingRequest['kind'];
  readonly version?: 4 | 6;
  readonly address?: string;
}

function weight({ port, mac, mtu, addressing }: NetworkRequest): number {
  return [port, mac, mtu, addressing].filter((value) => value !== undefined).length;
}
