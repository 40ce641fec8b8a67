// Which address of which network belongs to which instance. Knows addresses as texts; which ones a network has is told.
import { Fault } from '../base/index.ts';
import type { Database, Row } from './database.ts';
import { text } from './row.ts';

export interface AddressRecord {
  readonly network: string;
  readonly address: string;
  readonly mac: string;
  readonly instanceId: string;
}

export interface AddressWish {
  readonly mac: string;
  readonly instanceId: string;
  readonly pool: AddressPool;
}

export interface AddressPool {
  /** The name of the network. */
  readonly network: string;
  /** Every address that may be given to guests, in order. */
  readonly addresses: readonly string[];
  /** Those that somebody holds without this store knowing: running leases, static hosts made by hand. */
  readonly taken: ReadonlySet<string>;
}

export class AddressRecords {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Gives the instance a free address: the next one after the address given last, so that a freed address rests as
   * long as possible (dnsmasq refuses an address to a new MAC while the old one's lease runs). The instance's record
   * must be written in the same transaction or before. Throws `ADDRESS_EXHAUSTED` or `MAC_TAKEN`.
   */
  allocate(wish: AddressWish): AddressRecord {
    return this.#database.transaction(() => {
      this.#requireFreeMac(wish.mac);
      const { mac, instanceId } = wish;
      const { network } = wish.pool;
      const address = this.peek(wish.pool);
      this.#database.run(
        'INSERT INTO addresses (network, address, mac, instance_id) VALUES (?, ?, ?, ?)',
        network,
        address,
        mac,
        instanceId,
      );
      this.#database.run(
        `INSERT INTO address_cursors (network, last_address) VALUES (?, ?)
         ON CONFLICT (network) DO UPDATE SET last_address = excluded.last_address`,
        network,
        address,
      );
      return { network, address, mac, instanceId };
    });
  }

  /** The address that `allocate` would give now; for plans that are only printed. Throws `ADDRESS_EXHAUSTED`. */
  peek(pool: AddressPool): string {
    const { network, addresses, taken } = pool;
    const used = new Set(this.inNetwork(network).map(({ address }) => address));
    const cursor = this.#database.get('SELECT last_address FROM address_cursors WHERE network = ?', network);
    const start = cursor === undefined ? 0 : addresses.indexOf(text(cursor, 'last_address')) + 1;
    const rotated = [...addresses.slice(start), ...addresses.slice(0, start)];
    const free = rotated.find((address) => !used.has(address) && !taken.has(address));
    if (free !== undefined) return free;
    throw new Fault('exhausted', 'ADDRESS_EXHAUSTED', `Network ${network} has no free address left`, {
      hint: 'Delete instances that are no longer needed, or give novalet a larger subnet.',
      details: { network, addresses: addresses.length, ours: used.size },
    });
  }

  /** Frees every address of the instance and gives what was freed. */
  release(instanceId: string): readonly AddressRecord[] {
    return this.#database
      .all('DELETE FROM addresses WHERE instance_id = ? RETURNING *', instanceId)
      .map(decode);
  }

  inNetwork(network: string): readonly AddressRecord[] {
    return this.#database.all('SELECT * FROM addresses WHERE network = ?', network).map(decode);
  }

  ofInstance(instanceId: string): readonly AddressRecord[] {
    return this.#database.all('SELECT * FROM addresses WHERE instance_id = ?', instanceId).map(decode);
  }

  #requireFreeMac(mac: string): void {
    const row = this.#database.get('SELECT instance_id FROM addresses WHERE mac = ?', mac);
    if (row === undefined) return;
    throw new Fault(
      'conflict',
      'MAC_TAKEN',
      `Instance ${text(row, 'instance_id')} has the MAC address ${mac} already`,
      {
        hint: 'Try again: another MAC address is chosen.',
        details: { mac },
      },
    );
  }
}

function decode(row: Row): AddressRecord {
  return {
    network: text(row, 'network'),
    address: text(row, 'address'),
    mac: text(row, 'mac'),
    instanceId: text(row, 'instance_id'),
  };
}
