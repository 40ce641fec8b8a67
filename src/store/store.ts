// What novalet remembers, in one SQLite file that several processes use at once.
import { AddressRecords } from './addresses.ts';
import { copyInMemory } from './copy-in-memory.ts';
import { Database } from './database.ts';
import { DiskSnapshotRecords } from './disk-snapshots.ts';
import { FlavorRecords } from './flavors.ts';
import { GuestInputRecords, PostedPasswords } from './guest-inputs.ts';
import { ImageRecords } from './images.ts';
import { InstanceRecords } from './instances.ts';
import { Leases } from './leases.ts';
import { PortRecords } from './ports.ts';
import { integer } from './row.ts';
import { upgradeSchema } from './schema.ts';
import { TemplateRecords } from './templates.ts';

export class Store implements Disposable {
  readonly instances: InstanceRecords;
  readonly flavors: FlavorRecords;
  readonly images: ImageRecords;
  readonly addresses: AddressRecords;
  readonly ports: PortRecords;
  readonly leases: Leases;
  readonly guestInputs: GuestInputRecords;
  readonly postedPasswords: PostedPasswords;
  readonly diskSnapshots: DiskSnapshotRecords;
  readonly templates: TemplateRecords;
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
    this.instances = new InstanceRecords(database);
    this.flavors = new FlavorRecords(database);
    this.images = new ImageRecords(database);
    this.addresses = new AddressRecords(database);
    this.ports = new PortRecords(database);
    this.leases = new Leases(database);
    this.guestInputs = new GuestInputRecords(database);
    this.diskSnapshots = new DiskSnapshotRecords(database);
    this.postedPasswords = new PostedPasswords(database);
    this.templates = new TemplateRecords(database);
  }

  /** The file's path. */
  get path(): string {
    return this.#database.path;
  }

  /** A number that changes with every change that another process, or another store of this one, has made. */
  changes(): number {
    return integer(this.#database.get('PRAGMA data_version') ?? {}, 'data_version');
  }

  /** Runs several acts on the records as one: all of them are kept, or, when `work` throws, none. */
  transaction<T>(work: () => T): T {
    return this.#database.transaction(work);
  }

  close(): void {
    this.#database.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Opens the store, making or upgrading the file where needed; its directory must be there. Throws `STORE_TOO_NEW`,
 * `STORE_CORRUPT`, `STORE_DENIED`, `STORE_FULL`, `STORE_BUSY` or `STORE_UNUSABLE`.
 */
export function openStore(path: string): Store {
  return storeOn(new Database(path));
}

/**
 * What the store has now, in memory: the file is read alone, may be closed to writing, and need not be there. What is
 * changed in the copy is gone with it. Throws what `openStore` throws.
 */
export function openStoreCopy(path: string): Store {
  return storeOn(new Database(path, copyInMemory));
}

function storeOn(database: Database): Store {
  try {
    upgradeSchema(database);
    return new Store(database);
  } catch (error) {
    database.close();
    throw error;
  }
}
