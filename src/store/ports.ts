// Ports that have a name of their own. Which instance has one stands in the instance's record alone: whatever ends the
// instance lets go of its ports.
import { anObject, aString, Fault, listOf, type Shape } from '../base/index.ts';
import type { NamedPort } from '../model/index.ts';
import type { Database, Row } from './database.ts';
import { bindingShape, fixedIpShape, inRecord } from './records.ts';
import { type Named, pickByRef } from './ref.ts';
import { json, text } from './row.ts';

export class PortRecords {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Oldest first. */
  list(): readonly NamedPort[] {
    return this.#database.all('SELECT record FROM ports ORDER BY rowid').map(decode);
  }

  get(id: string): NamedPort | undefined {
    const row = this.#database.get('SELECT record FROM ports WHERE id = ?', id);
    return row === undefined ? undefined : decode(row);
  }

  /** Of the one that has this very name. */
  idOf(name: string): string | undefined {
    const row = this.#database.get('SELECT id FROM ports WHERE name = ?', name);
    return row === undefined ? undefined : text(row, 'id');
  }

  /** By name, id, or the beginning of an id that fits one. Throws `PORT_NOT_FOUND` or `PORT_AMBIGUOUS`. */
  find(ref: string): NamedPort {
    const named = this.#database.all('SELECT id, name FROM ports ORDER BY rowid').map(namedOf);
    const found = this.get(pickByRef(ref, named, () => portNotFound(ref), ambiguous));
    if (found === undefined) throw portNotFound(ref);
    return found;
  }

  /** Throws `PORT_EXISTS` and `MAC_TAKEN`. */
  insert(port: NamedPort): void {
    this.#database.transaction(() => {
      if (this.#database.get('SELECT 1 FROM ports WHERE name = ?', port.name) !== undefined)
        throw exists(port.name);
      const twin = this.#database.get('SELECT name FROM ports WHERE mac = ?', port.mac);
      if (twin !== undefined) throw macTaken(port.mac, `Port ${text(twin, 'name')}`);
      this.#database.run(
        'INSERT INTO ports (id, name, mac, record) VALUES (?, ?, ?, ?)',
        port.id,
        port.name,
        port.mac,
        JSON.stringify(port),
      );
    });
  }

  /** Removes the record, and frees its address. Throws `PORT_IN_USE`; one that is not there is fine. */
  remove(id: string): void {
    this.#database.transaction(() => {
      this.requireUnused(id);
      this.#database.run('DELETE FROM ports WHERE id = ?', id);
    });
  }

  /** By port, the instances that have them; also those that are being built or deleted. */
  holders(): ReadonlyMap<string, Named> {
    const rows = this.#database.all(
      `SELECT ports.id AS port, instances.id, instances.name
       FROM instances, json_each(instances.record, '$.ports') AS held
       JOIN ports ON ports.id = json_extract(held.value, '$.id')`,
    );
    return new Map(rows.map((row) => [text(row, 'port'), namedOf(row)]));
  }

  /** Throws `PORT_IN_USE`, which names the instance that has it. */
  requireUnused(id: string): void {
    const holder = this.holders().get(id);
    if (holder === undefined) return;
    const name = this.get(id)?.name ?? id;
    throw new Fault('conflict', 'PORT_IN_USE', `Instance ${holder.name} has the port ${name}`, {
      hint: `Take it off first: novalet interface detach ${holder.name} ${id}`,
      details: { port: name, instance: holder.name },
    });
  }
}

const portShape: Shape<NamedPort> = anObject({
  id: aString,
  name: aString,
  mac: aString,
  binding: bindingShape,
  fixedIps: listOf(fixedIpShape),
  createdAt: aString,
});

function decode(row: Row): NamedPort {
  return portShape(json(row, 'record'), inRecord('port'));
}

function namedOf(row: Row): Named {
  return { id: text(row, 'id'), name: text(row, 'name') };
}

/** Something of ours has the MAC address that somebody chose. */
export function macTaken(mac: string, holder: string): Fault {
  return new Fault('conflict', 'MAC_TAKEN', `${holder} has the MAC address ${mac} already`, {
    hint: 'Leave the MAC address out, and one is made up; or choose another one.',
    details: { mac },
  });
}

export function portNotFound(ref: string): Fault {
  return new Fault('not-found', 'PORT_NOT_FOUND', `There is no port "${ref}"`, {
    hint: 'novalet port list shows those that there are; novalet port create makes one.',
    details: { port: ref },
  });
}

function ambiguous(ref: string, names: readonly string[]): Fault {
  return new Fault('invalid', 'PORT_AMBIGUOUS', `"${ref}" fits more than one port: ${names.join(', ')}`, {
    hint: 'Give the name, or more of the id.',
    details: { port: ref },
  });
}

function exists(name: string): Fault {
  return new Fault('conflict', 'PORT_EXISTS', `There is a port named ${name} already`, {
    hint: `Choose another name, or remove it first: novalet port delete ${name}`,
    details: { port: name },
  });
}
