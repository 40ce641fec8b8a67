// The metadata service towards guests: listens in every network of theirs, and keeps the rules by which a guest is known in
// step with the records, whichever process changes them. Nobody is known before the rules that prove it are in force.
import { createHash } from 'node:crypto';
import { asFault, delay, isFault } from '../../base/index.ts';
import type { Log } from '../../compute/index.ts';
import { openConnection } from '../../libvirt/index.ts';
import type { ListenAddress, MetadataService, SocketFacts } from '../../metadata-service/index.ts';
import {
  type AddressKeeper,
  findAddressKeepers,
  metadataRules,
  metadataRulesRemoval,
} from '../../network/index.ts';
import type { Store } from '../../store/index.ts';
import { loadRules } from './filter.ts';
import { agreed, askerKey, type Card, cardsOf, NOTHING_SEEN, type Sight, see } from './sight.ts';

const LOOK_MS = 200;
/** Until what did not work is tried again. */
const RETRY_MS = 5000;

export interface DoorOptions {
  readonly store: Store;
  /** libvirt's URI. */
  readonly connect: string;
  readonly stateDir: string;
  readonly port: number;
  readonly log: Log;
  /** Told of each address when it is listened on. */
  readonly say: (address: ListenAddress) => Promise<void>;
}

export class GuestDoor {
  readonly #options: DoorOptions;
  readonly #table: string;
  readonly #stop = new AbortController();
  #service: MetadataService | undefined;
  #sight = NOTHING_SEEN;
  #askers: Sight['askers'] = new Map();
  /** The records' number at the last look, and the cards that were in them. */
  #changes: number | undefined;
  #cards = '';
  #retryAt = Number.POSITIVE_INFINITY;
  #watching: Promise<void> | undefined;

  constructor(options: DoorOptions) {
    this.#options = options;
    this.#table = tableOf(options.stateDir);
  }

  readonly whoAsks = ({ localAddress, remoteAddress }: SocketFacts): string | undefined =>
    this.#askers.get(askerKey(localAddress, remoteAddress));

  /** Serves what there is, and from then on what comes. */
  async open(service: MetadataService): Promise<void> {
    this.#service = service;
    await this.#follow();
    this.#watching = this.#watch(this.#stop.signal);
  }

  /** Knows nobody any more, and takes the rules away; the service's listeners are closed by their owner. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#watching;
    this.#askers = new Map();
    await loadRules(metadataRulesRemoval(this.#table));
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
    if (changes === this.#changes && !isDue) return;
    this.#changes = changes;
    const cards = cardsOf(store.instances.list());
    const text = JSON.stringify(cards);
    if (text === this.#cards && !isDue) return;
    this.#cards = text;
    this.#retryAt = performance.now() + RETRY_MS;
    if (await this.#turnTo(cards)) this.#retryAt = Number.POSITIVE_INFINITY;
  }

  /** Whether all networks of the cards were there. */
  async #turnTo(cards: readonly Card[]): Promise<boolean> {
    const { port, log } = this.#options;
    const names = [...new Set(cards.map(({ network }) => network))];
    const keepers = await this.#findKeepers(names);
    const next = see(cards, keepers, port);
    this.#askers = agreed(this.#sight, next);
    for (const { gateway } of next.networks) await this.#open(gateway);
    await loadRules(metadataRules(this.#table, next.networks, next.ports));
    const left = this.#sight.networks.filter(
      ({ gateway }) => !next.networks.some((one) => one.gateway === gateway),
    );
    this.#sight = next;
    this.#askers = next.askers;
    for (const { gateway: host } of left) await this.#service?.shut({ host, port }, 0);
    log.debug(
      { networks: next.networks.length, cards: next.ports.length },
      'metadata service: rules are up to date',
    );
    return keepers.length === names.length;
  }

  async #open(host: string): Promise<void> {
    const address = { host, port: this.#options.port };
    if (this.#service?.isOpen(address) !== false) return;
    await this.#service.open(address);
    await this.#options.say(address);
  }

  async #findKeepers(names: readonly string[]): Promise<readonly AddressKeeper[]> {
    if (names.length === 0) return [];
    await using connection = await openConnection(this.#options.connect, { readOnly: true });
    return await findAddressKeepers(connection, names);
  }
}

/** One for each state directory; who serves one replaces what another process left of its table. */
function tableOf(stateDir: string): string {
  return `novalet-metadata-${createHash('sha256').update(stateDir).digest('hex').slice(0, 8)}`;
}
