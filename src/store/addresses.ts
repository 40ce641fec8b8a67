// Which address of which network belongs to which instance, or to which port of its own name. Knows addresses as texts; which ones a network has is told.
import { Fault } from '../base/index.ts';
import type { Database, Row } from './database.ts';
import { text } from './row.ts';

export type AddressHolder = { readonly instanceId: string } | { readonly portId: string };

export interface KeptAddress {
  readonly network: string;
  readonly address: string;
  readonly mac: string;
}

export type AddressRecord = KeptAddress & AddressHolder;

export type AddressWish = AddressHolder & { readonly pool: AddressPool };

export interface AddressPool {
  /** The name of the network. */
  readonly network: string;
  /** Every address that may be given, in order, with the MAC address that the network keeps it for. */
  readonly pairs: readonly { readonly address: string; readonly mac: string }[];
}

export class AddressRecords {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Gives the holder a free address: the next one after the address given last, so that a freed one rests as long as
   * possible. The holder's record must be written in the same transaction or before. Throws `ADDRESS_EXHAUSTED`, or
   * `MAC_TAKEN` when another network keeps an address for the same MAC address.
   */
  allocate({ pool, ...holder }: AddressWish): AddressRecord {
    return this.#database.transaction(() => {
      const { network } = pool;
      const record = { network, ...holder, ...this.#nextFree(pool) };
      this.#insert(record);
      this.#database.run(
        `INSERT INTO address_cursors (network, last_address) VALUES (?, ?)
         ON CONFLICT (network) DO UPDATE SET last_address = excluded.last_address`,
        network,
        record.address,
      );
      return record;
    });
  }

  /** Gives the holder one address of the pool, chosen by somebody. As `allocate`; throws `ADDRESS_TAKEN` instead. */
  take({ pool, ...holder }: AddressWish, pair: AddressPool['pairs'][number]): AddressRecord {
    return this.#database.transaction(() => {
      this.requireFree(pool.network, pair.address);
      const record = { network: pool.network, ...holder, ...pair };
      this.#insert(record);
      return record;
    });
  }

  /** Throws `ADDRESS_TAKEN`, which names the instance or the port that has the address. */
  requireFree(network: string, address: string): void {
    const row = this.#database.get(
      `SELECT COALESCE(instances.name, 'Port ' || ports.name, instance_id, port_id) AS holder FROM addresses
       LEFT JOIN instances ON instances.id = instance_id LEFT JOIN ports ON ports.id = port_id
       WHERE network = ? AND address = ?`,
      network,
      address,
    );
    if (row !== undefined) throw addressTaken(address, network, text(row, 'holder'));
  }

  /** Notes an address that the holder has already. Throws `MAC_TAKEN` when somebody else has it. */
  claim(record: AddressRecord): void {
    this.#database.transaction(() => this.#insert(record));
  }

  /**
   * The address that `allocate` would give now; for plans that are only printed. `planned`: those that the same plan has
   * given. Throws `ADDRESS_EXHAUSTED`.
   */
  peek(pool: AddressPool, planned: readonly string[] = []): string {
    return this.#nextFree(pool, planned).address;
  }

  /** Frees every address of the instance and gives what was freed. */
  release(instanceId: string): readonly AddressRecord[] {
    return this.#database
      .all('DELETE FROM addresses WHERE instance_id = ? RETURNING *', instanceId)
      .map(decode);
  }

  /** Frees the address that the instance itself has with this MAC address. Fine where it has none, or a port of its has it. */
  releaseOf(instanceId: string, mac: string): void {
    this.#database.run('DELETE FROM addresses WHERE instance_id = ? AND mac = ?', instanceId, mac);
  }

  /** Whether a network keeps an address for this MAC address, for an instance or a port. */
  isKept(mac: string): boolean {
    return this.#database.get('SELECT 1 FROM addresses WHERE mac = ?', mac) !== undefined;
  }

  inNetwork(network: string): readonly AddressRecord[] {
    return this.#database.all('SELECT * FROM addresses WHERE network = ?', network).map(decode);
  }

  ofInstance(instanceId: string): readonly AddressRecord[] {
    return this.#database.all('SELECT * FROM addresses WHERE instance_id = ?', instanceId).map(decode);
  }

  #nextFree({ network, pairs }: AddressPool, planned: readonly string[] = []): AddressPool['pairs'][number] {
    const used = new Set([...planned, ...this.inNetwork(network).map(({ address }) => address)]);
    const cursor = this.#database.get('SELECT last_address FROM address_cursors WHERE network = ?', network);
    const last = cursor === undefined ? undefined : text(cursor, 'last_address');
    const start = pairs.findIndex(({ address }) => address === last) + 1;
    const free = [...pairs.slice(start), ...pairs.slice(0, start)].find(({ address }) => !used.has(address));
    if (free !== undefined) return free;
    throw new Fault('exhausted', 'ADDRESS_EXHAUSTED', `Network ${network} has no free address left`, {
      hint: 'Delete instances that are no longer needed, or give novalet a larger subnet.',
      details: { network, addresses: pairs.length, used: used.size },
    });
  }

  #insert(record: AddressRecord): void {
    const { network, address, mac } = record;
    this.#requireFreeMac(mac);
    this.#database.run(
      'INSERT INTO addresses (network, address, mac, instance_id, port_id) VALUES (?, ?, ?, ?, ?)',
      network,
      address,
      mac,
      'instanceId' in record ? record.instanceId : null,
      'portId' in record ? record.portId : null,
    );
  }

  #requireFreeMac(mac: string): void {
    const row = this.#database.get(
      `SELECT COALESCE('Instance ' || instance_id, 'Port ' || port_id) AS holder FROM addresses WHERE mac = ?`,
      mac,
    );
    if (row === undefined) return;
    throw new Fault('conflict', 'MAC_TAKEN', `${text(row, 'holder')} has the MAC address ${mac} already`, {
      hint: 'Remove one of the two networks, which virsh net-list --all shows, so that novalet makes it anew.',
      details: { mac },
    });
  }
}

/** Also of an address that the guest is told on a network of somebody else. */
export function addressTaken(address: string, network: string, holder: string): Fault {
  return new Fault(
    'conflict',
    'ADDRESS_TAKEN',
    `${holder} has the address ${address} on ${network} already`,
    {
      hint: 'Choose another one, or leave the choice to novalet; novalet list shows who has which.',
      details: { network, address },
    },
  );
}

function decode(row: Row): AddressRecord {
  const kept = { network: text(row, 'network'), address: text(row, 'address'), mac: text(row, 'mac') };
  return row['port_id'] === null
    ? { ...kept, instanceId: text(row, 'instance_id') }
    : { ...kept, portId: text(row, 'port_id') };
}
