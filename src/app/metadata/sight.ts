// Who may ask the metadata service, from the records and the networks as they are: the cards that it knows, where it
// listens, and which instance is behind each address. One value, so that what is believed and what is enforced are the same.
import { isIPv4 } from 'node:net';
import type { Instance } from '../../model/index.ts';
import {
  type AddressKeeper,
  linkLocalOf,
  METADATA_ADDRESS_6,
  type ServedNetwork,
  type ServedPort,
} from '../../network/index.ts';

/** A card of an instance in a libvirt network. */
export interface Card {
  readonly instance: string;
  readonly network: string;
  readonly port: ServedPort;
}

export interface Sight {
  readonly networks: readonly ServedNetwork[];
  readonly ports: readonly ServedPort[];
  /** By `askerKey`. */
  readonly askers: ReadonlyMap<string, string>;
}

export const NOTHING_SEEN: Sight = { networks: [], ports: [], askers: new Map() };

/**
 * Cards whose addresses are known beforehand. Not those of adopted domains: libvirt gives their taps names that go to
 * another guest when they are off, and they were given nothing to read.
 */
export function cardsOf(instances: readonly Instance[]): readonly Card[] {
  return instances
    .filter(({ adoption }) => adoption === null)
    .flatMap(({ id, ports }) =>
      ports.flatMap(({ binding, deviceName: device, mac, fixedIps, addressing }) => {
        if (binding.kind !== 'network' || fixedIps.length === 0) return [];
        const further = addressing.flatMap((one) => (one.kind === 'static' ? [one] : [])); // kept for it as well
        const all = [...fixedIps, ...further].map(({ address }) => address).filter(isIPv4);
        const addresses = [...new Set(all)];
        if (addresses.length === 0) return [];
        return [{ instance: id, network: binding.network, port: { device, mac, addresses } }];
      }),
    );
}

/** A network, and how the service is there by IPv6. */
export type Place = AddressKeeper & Pick<ServedNetwork, 'ipv6'>;

/** What is served of `cards`, on `port` of each place that there is. */
export function see(cards: readonly Card[], places: readonly Place[], port: number): Sight {
  const served = cards.flatMap((card) => {
    const place = places.find(({ name }) => name === card.network);
    return place === undefined ? [] : [{ ...card, place }];
  });
  const claims = served.flatMap(({ instance, place, port: { mac, addresses } }) =>
    [...addresses.map((one) => askerKey(place.gateway, one)), linkKey(place.bridge, mac)].map(
      (key) => [key, instance] as const,
    ),
  );
  const times = new Map<string, number>();
  for (const [key] of claims) times.set(key, (times.get(key) ?? 0) + 1);
  return {
    networks: places.map(({ bridge, gateway, ipv6 = 'none' }) => ({ bridge, gateway, port, ipv6 })),
    ports: served.map((card) => card.port),
    askers: new Map(claims.filter(([key]) => times.get(key) === 1)), // what two claim says nothing
  };
}

/** The address by which the service is on a bridge, with its scope. */
export function linkAddress(bridge: string): string {
  return `${METADATA_ADDRESS_6}%${bridge}`;
}

function linkKey(bridge: string, mac: string): string {
  return askerKey(linkAddress(bridge), `${linkLocalOf(mac)}%${bridge}`);
}

/** What is known by both: who was told so before and is told so after. */
export function agreed(before: Sight, after: Sight): Sight['askers'] {
  return new Map([...before.askers].filter(([key, instance]) => after.askers.get(key) === instance));
}

/** A guest's address says who it is only together with where it came in. */
export function askerKey(localAddress: string, remoteAddress: string): string {
  return `${localAddress} ${remoteAddress}`;
}
