// Which network cards an instance has too many and too few. Pure.
import type { AddressingRequest, NetworkRequest, Port } from '../../model/index.ts';

export interface CardChanges {
  readonly detach: readonly Port[];
  readonly attach: readonly NetworkRequest[];
}

/**
 * Each wish takes a card that fits it, those that say most first; the order of cards does not count. `managed`: the network of
 * a card of which nothing is said.
 */
export function compareCards(
  wanted: readonly NetworkRequest[],
  ports: readonly Port[],
  managed: string,
): CardChanges {
  const free = new Set(ports);
  const attach: NetworkRequest[] = [];
  const cards = wanted.filter(({ network }) => network !== 'none');
  for (const request of cards.toSorted((a, b) => weight(b) - weight(a))) {
    const fitting = [...free].find((port) => fits(port, request, managed));
    if (fitting === undefined) attach.push(request);
    else free.delete(fitting);
  }
  return { detach: [...free], attach };
}

/** For people. */
export function cardWords({ network, mac, addressing = [] }: NetworkRequest, managed: string): string {
  const addresses = addressing.flatMap((one) => (one.kind === 'static' ? [one.address] : []));
  return [network ?? managed, ...(mac === undefined ? [] : [mac]), ...addresses].join(' ');
}

export function portWords({ binding, mac, fixedIps }: Port): string {
  return [placeOf(binding) ?? 'user', mac, ...fixedIps.map(({ address }) => address)].join(' ');
}

function fits(port: Port, { network, mac, mtu, addressing }: NetworkRequest, managed: string): boolean {
  const place = placeOf(port.binding);
  if (place === undefined ? network !== undefined : place !== (network ?? managed)) return false;
  if (mac !== undefined && mac.toLowerCase() !== port.mac.toLowerCase()) return false;
  if (mtu !== undefined && mtu !== port.mtu) return false;
  return addressing === undefined || ways(addressing) === ways(port.addressing);
}

/** Undefined for user-mode networking, which is all that there is without privilege. */
function placeOf(binding: Port['binding']): string | undefined {
  switch (binding.kind) {
    case 'network':
      return binding.network;
    case 'bridge':
      return binding.bridge;
    case 'user':
      return undefined;
    default:
      return binding satisfies never;
  }
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

function weight({ mac, mtu, addressing }: NetworkRequest): number {
  return [mac, mtu, addressing].filter((value) => value !== undefined).length;
}
