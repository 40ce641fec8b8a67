// Which network cards an instance has too many and too few. Pure.
import { isDeepStrictEqual } from 'node:util';
import {
  type Addressing,
  type AddressingRequest,
  type NetworkRequest,
  networkOfPort,
  type Port,
} from '../../model/index.ts';
import type { PortView } from '../ports/requests.ts';

export interface CardChanges {
  readonly detach: readonly Port[];
  readonly attach: readonly NetworkRequest[];
  /** Which card there is for a wish, both by their numbers. */
  readonly cardOf: ReadonlyMap<number, number>;
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
  const cardOf = new Map<number, number>();
  const cards = [...wanted.filter(({ network }) => network !== 'none').entries()];
  for (const [number, request] of cards.toSorted(([, a], [, b]) => weight(b) - weight(a))) {
    const fitting = [...free].find((port) => fits(port, request, places));
    if (fitting === undefined) attach.push(request);
    else {
      free.delete(fitting);
      cardOf.set(number, ports.indexOf(fitting));
    }
  }
  return { detach: [...free], attach, cardOf };
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
  if (mtu !== undefined && mtu !== port.mtu) return false;
  if (request.port !== undefined) return findNamed(named, request.port)?.id === port.id;
  if (named.some(({ id }) => id === port.id)) return false;
  const place = networkOfPort(port);
  if (place === undefined ? network !== undefined : place !== (network ?? managed)) return false;
  if (mac !== undefined && mac.toLowerCase() !== port.mac.toLowerCase()) return false;
  return addressing === undefined || isAddressedSo(port.addressing, addressing);
}

/** One way for each that is wished for, with all that is said of it; what a network filled in is no difference. */
function isAddressedSo(have: readonly Addressing[], wanted: readonly AddressingRequest[]): boolean {
  if (have.length !== wanted.length) return false;
  const free = [...have];
  return wanted.every((wish) => {
    const at = free.findIndex((one) => isAsTold(one, wish));
    if (at >= 0) free.splice(at, 1);
    return at >= 0;
  });
}

function isAsTold(have: Addressing, wish: AddressingRequest): boolean {
  return Object.entries(wish).every(([key, told]) => {
    const value: unknown = Object.entries(have).find(([known]) => known === key)?.[1];
    return told === null ? value === undefined : told === undefined || isDeepStrictEqual(value, told);
  });
}

function weight({ port, mac, mtu, addressing }: NetworkRequest): number {
  return [port, mac, mtu, addressing].filter((value) => value !== undefined).length;
}
