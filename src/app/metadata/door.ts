// The metadata service towards guests: listens in every network of theirs, and keeps the rules by which a guest is known in
// step with the records, whichever process changes them. Nobody is known before the rules that prove it are in force.
import { asFault, delay, isFault } from '../../base/index.ts';
import type { Log } from '../../compute/index.ts';
import { openConnection } from '../../libvirt/index.ts';
import {
  type ExchangeOptions,
  type ListenAddress,
  MetadataService,
  type SocketFacts,
} from '../../metadata-service/index.ts';
import {
  type AddressKeeper,
  findAddressKeepers,
  metadataRules,
  metadataRulesRemoval,
  metadataTable,
  type ServedNetwork,
} from '../../network/index.ts';
import type { Store } from '../../store/index.ts';
import { loadRules } from './filter.ts';
import { LinkDoors } from './link-doors.ts';
import { agreed, askerKey, type Card, cardsOf, NOTHING_SEEN, type Place, type Sight, see } from './sight.ts';

const LOOK_MS = 200;
/** Until what did not work is tried again. */
const RETRY_MS = 5000;

/** What is answered, and how much. */
export type GuestAnswers = Pick<ExchangeOptions, 'records' | 'limits' | 'log'>;

export interface DoorOptions {
  readonly store: Store;
  /** libvirt's URI. */
  readonly connect: string;
  readonly stateDir: string;
  readonly port: number;
  /** Whether guests are served by IPv6 as well, where there is some. */
  readonly isIpv6: boolean;
  readonly answers: GuestAnswers;
  readonly log: Log;
  /** Told of each address when it is listened on. */
  readonly say: (address: ListenAddress) => Promise<void>;
}

export class GuestDoor {
  readonly #options: DoorOptions;
  readonly #table: string;
  readonly #service: MetadataService;
  readonly #links: LinkDoors;
  readonly #stop = new AbortController();
  #sight = NOTHING_SEEN;
  #askers: Sight['askers'] = new Map();
  /** The records' number at the last look, and the cards that were in them. */
  #changes: number | undefined;
  #cards = '';
  #retryAt = Number.POSITIVE_INFINITY;
  #watching: Promise<void> | undefined;

  constructor(options: DoorOptions) {
    this.#options = options;
    this.#table = metadataTable(options.stateDir);
    const identification = { kind: 'direct', whoAsks: (facts: SocketFacts) => this.#whoAsks(facts) } as const;
    this.#service = new MetadataService({ ...options.answers, identification, listen: [] });
    const { port, log, isIpv6: isWanted } = options;
    this.#links = new LinkDoors({ service: this.#service, port, isWanted, log });
  }

  /** Serves what there is, and from then on what comes. */
  async open(): Promise<void> {
    await this.#follow();
    this.#watching = this.#watch(this.#stop.signal);
  }

  /** Whether there is a network to listen in. */
  get hasNetwork(): boolean {
    return this.#sight.networks.length > 0;
  }

  /** Lets nobody in any more, and gives requests so long to end. */
  async drain(drainMs: number): Promise<void> {
    this.#stop.abort();
    await this.#watching;
    await this.#service.close(drainMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain(0);
    this.#askers = new Map();
    await this.#links[Symbol.asyncDispose](); // the rules keep others from the host's IPv6 as long as it is there
    await loadRules(metadataRulesRemoval(this.#table));
  }

  #whoAsks({ localAddress, remoteAddress }: SocketFacts): string | undefined {
    return this.#askers.get(askerKey(localAddress, remoteAddress));
  }

  async #watch(signal: AbortSignal): Promise<void> {
    try {
      for (;;) {
        await delay(LOOK_MS, signal);
        await this.#tryFollow();
      }
    } catch (error) {
      if (!isFault(error, 'CANCELLED')) throw error;
    }
  }

  /** Where it fails, nobody is known but by rules that are in force; it is tried again when the records change, or later. */
  async #tryFollow(): Promise<void> {
    try {
      await this.#follow();
    } catch (error) {
      const facts = { err: asFault(error) };
      this.#options.log.warn(facts, 'metadata service: its guests could not be brought up to date');
    }
  }

  async #follow(): Promise<void> {
    const { store } = this.#options;
    const changes = store.changes(); // before the records: a change in between is seen by the next look
    const isDue = performance.now() >= this.#retryAt;
    const isOutdated = this.#retryAt === Number.POSITIVE_INFINITY && this.#links.isOutdated;
    if (changes === this.#changes && !isDue && !isOutdated) return;
    this.#changes = changes;
    const cards = cardsOf(store.instances.list());
    const text = JSON.stringify(cards);
    if (text === this.#cards && !isDue && !isOutdated) return;
    this.#cards = text;
    this.#retryAt = performance.now() + RETRY_MS;
    if (await this.#turnTo(cards)) this.#retryAt = Number.POSITIVE_INFINITY;
  }

  /** Whether all networks of the cards were there. */
  async #turnTo(cards: readonly Card[]): Promise<boolean> {
    const { port, log } = this.#options;
    const names = [...new Set(cards.map(({ network }) => network))];
    const keepers = await this.#findKeepers(names);
    const all = keepers.map((keeper) => ({ ...keeper, ipv6: this.#links.look(keeper.bridge) }));
    this.#askers = agreed(this.#sight, see(cards, all, port));
    const { places, fresh } = await this.#listen(all);
    const next = see(cards, places, port);
    await loadRules(metadataRules(this.#table, next.networks, next.ports));
    for (const { bridge } of next.networks) {
      const address = await this.#links.open(bridge);
      if (address !== undefined) fresh.push(address);
    }
    const before = this.#sight.networks;
    this.#sight = next;
    this.#askers = next.askers;
    await this.#leave(before);
    for (const address of fresh) await this.#options.say(address);
    log.debug(
      { networks: next.networks.length, cards: next.ports.length },
      'metadata service: rules are up to date',
    );
    return places.length === names.length;
  }

  /** `fresh`: what was not listened on before. A place that fails keeps no other from being served, but for the first time. */
  async #listen(all: readonly Place[]): Promise<{ places: Place[]; fresh: ListenAddress[] }> {
    const { port, log } = this.#options;
    const places: Place[] = [];
    const fresh: ListenAddress[] = [];
    for (const place of all) {
      const address = { host: place.gateway, port };
      try {
        if (!this.#service.isOpen(address)) {
          await this.#service.open(address);
          fresh.push(address);
        }
        places.push(place);
      } catch (error) {
        if (this.#watching === undefined) throw error;
        log.warn(
          { err: asFault(error), network: place.name },
          'metadata service: this network is not served',
        );
      }
    }
    return { places, fresh };
  }

  async #leave(before: readonly ServedNetwork[]): Promise<void> {
    const gateways = new Set(this.#sight.networks.map(({ gateway }) => gateway));
    const bridges = new Set(this.#sight.networks.map(({ bridge }) => bridge));
    for (const { gateway: host, bridge } of before) {
      if (!gateways.has(host)) await this.#service.shut({ host, port: this.#options.port }, 0);
      if (!bridges.has(bridge)) await this.#links.shut(bridge);
    }
  }

  async #findKeepers(names: readonly string[]): Promise<readonly AddressKeeper[]> {
    if (names.length === 0) return [];
    await using connection = await openConnection(this.#options.connect, { readOnly: true });
    return await findAddressKeepers(connection, names);
  }
}
