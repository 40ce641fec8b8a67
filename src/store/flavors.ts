// The flavors of this host.
import { Fault } from '../base/index.ts';
import type { Flavor } from '../model/index.ts';
import type { Database, Row } from './database.ts';
import { flavorShape, inRecord } from './records.ts';
import { json } from './row.ts';

export class FlavorRecords {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** In the order in which they were made; the five default ones first. */
  list(): readonly Flavor[] {
    return this.#database.all('SELECT record FROM flavors ORDER BY rowid').map(decode);
  }

  /** Throws `FLAVOR_NOT_FOUND`. */
  get(name: string): Flavor {
    const row = this.#database.get('SELECT record FROM flavors WHERE name = ?', name);
    if (row === undefined) throw this.#notFound(name);
    return decode(row);
  }

  /** Throws `FLAVOR_EXISTS`. */
  insert(flavor: Flavor): void {
    const added = this.#database.run(
      'INSERT INTO flavors (name, record) VALUES (?, ?) ON CONFLICT (name) DO NOTHING',
      flavor.name,
      JSON.stringify(flavor),
    );
    if (added === 1) return;
    throw new Fault('conflict', 'FLAVOR_EXISTS', `There is a flavor named ${flavor.name} already`, {
      hint: `Choose another name, or remove it first: novalet flavor remove ${flavor.name}`,
      details: { flavor: flavor.name },
    });
  }

  /** Instances keep their copy. Throws `FLAVOR_NOT_FOUND`. */
  remove(name: string): void {
    if (this.#database.run('DELETE FROM flavors WHERE name = ?', name) === 0) throw this.#notFound(name);
  }

  #notFound(name: string): Fault {
    const names = this.list().map((flavor) => flavor.name);
    return new Fault('not-found', 'FLAVOR_NOT_FOUND', `There is no flavor "${name}"`, {
      hint:
        names.length === 0
          ? 'Make one with novalet flavor create.'
          : `There are: ${names.join(', ')}. Make another with novalet flavor create.`,
      details: { flavor: name },
    });
  }
}

function decode(row: Row): Flavor {
  return flavorShape(json(row, 'record'), inRecord('flavor'));
}
