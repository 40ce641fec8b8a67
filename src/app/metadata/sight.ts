// Who may ask the metadata service, from the records and the networks as they are: the cards that it knows, where it
// listens, and which instance is behind each address. One value, so that what is believed and what is enforced are the same.
import type { Instance } from '../../model/index.ts';
import { type AddressKeeper, parseIpv4, type ServedNetwork, type ServedPort } from '../../network/index.ts';

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
      ports.flatMap(({ binding, deviceName: device, mac, fixedIps }) => {
        const addresses = fixedIps
          .map(({ address }) => address)
          .filter((text) => parseIpv4(text) !== undefined);
        if (binding.kind !== 'network' || addresses.length === 0) return [];
        return [{ instance: id, network: binding.network, port: { device, mac, addresses } }];
      }),
    );
}

/** What is served of `cards`, on `port` of each network that there is. */
export function see(cards: readonly Card[], keepers: readonly AddressKeeper[], port: number): Sight {
  const served = cards.flatMap((card) => {
    const keeper = keepers.find(({ name }) => name === card.network);
    return keeper === undefined ? [] : [{ ...card, keeper }];
  });
  const claims = served.flatMap(({ instance, keeper, port: { addresses } }) =>
    addresses.map((address) => [askerKey(keeper.gateway, address), instance] as const),
  );
  return {
    networks: keepers.map(({ bridge, gateway }) => ({ bridge, gateway, port })),
    ports: served.map((card) => card.port),
    askers: new Map(claims.filter(([key]) => claims.filter(([other]) => other === key).length === 1)),
  };
}

/** What is known by both: who was told so before and is told so after. */
export function agreed(before: Sight, after: Sight): Sight['askers'] {
  return new Map([...before.askers].filter(([key, instance]) => after.askers.get(key) === instance));
}

/** A guest's address says who it is only together with where it came in. */
export function askerKey(localAddress: string, remoteAddress: string): string {
  return `${localAddress} ${remoteAddress}`;
}
