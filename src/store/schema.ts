// The tables, and the steps from each version of them to the next. `PRAGMA user_version` says which version a file has.
import { Fault } from '../base/index.ts';
import { DEFAULT_FLAVORS } from '../model/index.ts';
import type { Database } from './database.ts';
import { integer } from './row.ts';

/** One step: brings a file from version n to n + 1, its place in the list being n. Records are rewritten here too. */
export type SchemaStep = (database: Database) => void;

export const SCHEMA: readonly SchemaStep[] = [
  createTables,
  addTags,
  keepGuestInputs,
  addLifeTables,
  addPorts,
  addTemplates,
];

/**
 * Brings the file to the newest version, in one transaction; a process that is killed in between leaves the old
 * version. Throws `STORE_TOO_NEW` when a newer novalet wrote it.
 */
export function upgradeSchema(database: Database, steps: readonly SchemaStep[] = SCHEMA): void {
  if (versionOf(database, steps.length) === steps.length) return;
  if (versionOf(database, steps.length) === 0) enterWalMode(database);
  database.transaction(() => {
    const from = versionOf(database, steps.length); // another process may have been quicker
    for (const step of steps.slice(from)) step(database);
    database.script(`PRAGMA user_version = ${steps.length}`);
  });
}

function versionOf(database: Database, known: number): number {
  const version = integer(database.get('PRAGMA user_version') ?? {}, 'user_version');
  if (version <= known) return version;
  throw new Fault(
    'unsupported',
    'STORE_TOO_NEW',
    `The database ${database.path} was written by a newer novalet (its version is ${version}, this one knows ${known})`,
    { hint: 'Use the newer novalet, or another state directory.', details: { version, known } },
  );
}

/** Kept in the file: readers do not wait for writers. Two first users may collide here, and SQLite does not wait by itself. */
function enterWalMode(database: Database): void {
  database.transaction(() => undefined); // waits for whoever is creating the tables at this moment
  if (versionOf(database, Number.MAX_SAFE_INTEGER) === 0) database.script('PRAGMA journal_mode = WAL');
}

function createTables(database: Database): void {
  database.script(`
    CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
    CREATE TABLE instances (
      id TEXT PRIMARY KEY,
      number INTEGER NOT NULL UNIQUE,
      name TEXT NOT NULL UNIQUE,
      vm_state TEXT NOT NULL,
      record TEXT NOT NULL
    ) STRICT;
    CREATE INDEX instances_by_vm_state ON instances (vm_state);
    CREATE TABLE flavors (name TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT;
    CREATE TABLE images (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, record TEXT NOT NULL) STRICT;
    CREATE TABLE addresses (
      network TEXT NOT NULL,
      address TEXT NOT NULL,
      mac TEXT NOT NULL UNIQUE,
      instance_id TEXT NOT NULL REFERENCES instances (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
      PRIMARY KEY (network, address)
    ) STRICT;
    CREATE INDEX addresses_by_instance ON addresses (instance_id);
    CREATE TABLE address_cursors (network TEXT PRIMARY KEY, last_address TEXT NOT NULL) STRICT;
    CREATE TABLE leases (
      key TEXT PRIMARY KEY,
      token TEXT NOT NULL,
      what TEXT NOT NULL,
      since TEXT NOT NULL,
      pid INTEGER NOT NULL,
      start_time TEXT NOT NULL,
      boot_id TEXT NOT NULL,
      pid_namespace TEXT NOT NULL
    ) STRICT;
  `);
  database.run('INSERT INTO counters (name, value) VALUES (?, 0)', 'instance-number');
  for (const flavor of DEFAULT_FLAVORS) {
    database.run('INSERT INTO flavors (name, record) VALUES (?, ?)', flavor.name, JSON.stringify(flavor));
  }
}

/** Records of 0.1 have no tags. */
function addTags(database: Database): void {
  database.script("UPDATE instances SET record = json_set(record, '$.tags', json('[]'))");
}

/** What a guest was given to read stood on its drive alone before. */
function keepGuestInputs(database: Database): void {
  database.script(`
    CREATE TABLE guest_inputs (
      instance_id TEXT PRIMARY KEY REFERENCES instances (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
      record TEXT NOT NULL
    ) STRICT;
    CREATE TABLE posted_passwords (
      instance_id TEXT PRIMARY KEY REFERENCES instances (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
      password TEXT NOT NULL
    ) STRICT;
  `);
}

/** Marks in instances' disks are known by name. */
function addLifeTables(database: Database): void {
  database.script(`
    CREATE TABLE disk_snapshots (
      id TEXT PRIMARY KEY,
      instance_id TEXT NOT NULL REFERENCES instances (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
      name TEXT NOT NULL,
      record TEXT NOT NULL,
      UNIQUE (instance_id, name)
    ) STRICT;
  `);
}

/** An address is kept for an instance, or for a port that has a name of its own. */
function addPorts(database: Database): void {
  database.script(`
    CREATE TABLE ports (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      mac TEXT NOT NULL UNIQUE,
      record TEXT NOT NULL
    ) STRICT;
    ALTER TABLE addresses RENAME TO addresses_of_instances;
    CREATE TABLE addresses (
      network TEXT NOT NULL,
      address TEXT NOT NULL,
      mac TEXT NOT NULL UNIQUE,
      instance_id TEXT REFERENCES instances (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
      port_id TEXT REFERENCES ports (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
      PRIMARY KEY (network, address),
      CHECK ((instance_id IS NULL) <> (port_id IS NULL))
    ) STRICT;
    INSERT INTO addresses (network, address, mac, instance_id)
      SELECT network, address, mac, instance_id FROM addresses_of_instances;
    DROP TABLE addresses_of_instances;
    CREATE INDEX addresses_by_instance ON addresses (instance_id);
    CREATE INDEX addresses_by_port ON addresses (port_id);
  `);
}

function addTemplates(database: Database): void {
  database.script(
    'CREATE TABLE templates (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, record TEXT NOT NULL) STRICT',
  );
}
