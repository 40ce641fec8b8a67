// The instances of this host, as they were last written.
import { Fault } from '../base/index.ts';
import type { Instance } from '../model/index.ts';
import type { Database, Row } from './database.ts';
import { inRecord, instanceShape } from './records.ts';
import { type Named, pickByRef } from './ref.ts';
import { integer, json, text } from './row.ts';

/** Of so many instances it is remembered how they were called, for what is said of one that is gone. */
const MOST_CALLED = 1000;

export class InstanceRecords {
  readonly #database: Database;
  /** By id: the name under which an instance was last read here. */
  readonly #called = new Map<string, string>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** Takes the next number, from 1 on; no number is ever given twice, also when the build fails. */
  allocateNumber(): number {
    const row = this.#database.get(
      "UPDATE counters SET value = value + 1 WHERE name = 'instance-number' RETURNING value",
    );
    return integer(row ?? {}, 'value');
  }

  /** The number that `allocateNumber` would give now; for plans that are only printed. */
  peekNumber(): number {
    const row = this.#database.get("SELECT value FROM counters WHERE name = 'instance-number'");
    return integer(row ?? {}, 'value') + 1;
  }

  /** Adds a record. Throws `INSTANCE_NAME_TAKEN`. */
  insert(instance: Instance): void {
    this.#database.transaction(() => {
      this.#requireFreeName(instance);
      this.#database.run(
        'INSERT INTO instances (id, number, name, vm_state, record) VALUES (?, ?, ?, ?, ?)',
        instance.id,
        instance.number,
        instance.name,
        instance.vmState,
        JSON.stringify(instance),
      );
    });
  }

  /** Writes the record anew. Throws `INSTANCE_NOT_FOUND` when it was removed, and `INSTANCE_NAME_TAKEN`. */
  update(instance: Instance): void {
    this.#database.transaction(() => {
      this.#requireFreeName(instance);
      const changed = this.#database.run(
        'UPDATE instances SET name = ?, vm_state = ?, record = ? WHERE id = ?',
        instance.name,
        instance.vmState,
        JSON.stringify(instance),
        instance.id,
      );
      if (changed === 0) throw this.#gone(instance.id);
    });
  }

  /** Reads, changes and writes a record, with nobody in between. Throws as `update` does. */
  change(id: string, next: (current: Instance) => Instance): Instance {
    return this.#database.transaction(() => {
      const current = this.get(id);
      if (current === undefined) throw this.#gone(id);
      const changed = next(current);
      this.update(changed);
      return changed;
    });
  }

  get(id: string): Instance | undefined {
    const row = this.#database.get('SELECT record FROM instances WHERE id = ?', id);
    return row === undefined ? undefined : decode(row);
  }

  /** By name, id, or the beginning of an id that fits one. Throws `INSTANCE_NOT_FOUND` or `INSTANCE_AMBIGUOUS`. */
  find(ref: string): Instance {
    const id = pickByRef(ref, this.#named(), () => this.#gone(ref), ambiguous);
    const found = this.get(id);
    if (found === undefined) throw this.#gone(id);
    this.#remember(found);
    return found;
  }

  /** Whether an instance has this name. */
  hasName(name: string): boolean {
    return this.#database.get('SELECT 1 FROM instances WHERE name = ?', name) !== undefined;
  }

  /** In the order of their numbers. */
  list(): readonly Instance[] {
    return this.#database.all('SELECT record FROM instances ORDER BY number').map(decode);
  }

  /** Removes the record and frees its addresses; one that is not there is fine. */
  remove(id: string): void {
    this.#database.run('DELETE FROM instances WHERE id = ?', id);
  }

  #remember({ id, name }: Named): void {
    this.#called.delete(id);
    this.#called.set(id, name);
    if (this.#called.size > MOST_CALLED) this.#called.delete(this.#called.keys().next().value ?? '');
  }

  /** People know an instance by its name, and who was quicker with a delete is known by what was here before. */
  #gone(ref: string): Fault {
    const name = this.#called.get(ref);
    return name === undefined ? notFound(ref) : deletedMeanwhile({ id: ref, name });
  }

  #named(): readonly Named[] {
    return this.#database.all('SELECT id, name FROM instances').map(namedOf);
  }

  #requireFreeName(instance: Instance): void {
    const other = this.#database.get(
      'SELECT id FROM instances WHERE name = ? AND id <> ?',
      instance.name,
      instance.id,
    );
    if (other === undefined) return;
    throw new Fault(
      'conflict',
      'INSTANCE_NAME_TAKEN',
      `There is an instance named ${instance.name} already`,
      {
        hint: `Choose another name, or remove it first: novalet delete ${instance.name}`,
        details: { name: instance.name },
      },
    );
  }
}

function namedOf(row: Row): Named {
  return { id: text(row, 'id'), name: text(row, 'name') };
}

function decode(row: Row): Instance {
  return instanceShape(json(row, 'record'), inRecord('instance'));
}

/** `INSTANCE_NOT_FOUND`, for one that was there a moment ago. */
export function deletedMeanwhile({ id, name }: Named): Fault {
  return new Fault('not-found', 'INSTANCE_NOT_FOUND', `Instance ${name} was deleted meanwhile`, {
    hint: 'novalet list shows the instances of this host.',
    details: { instance: name, id },
  });
}

function notFound(ref: string): Fault {
  return new Fault('not-found', 'INSTANCE_NOT_FOUND', `There is no instance "${ref}"`, {
    hint: 'novalet list shows the instances of this host.',
    details: { instance: ref },
  });
}

function ambiguous(ref: string, names: readonly string[]): Fault {
  return new Fault(
    'invalid',
    'INSTANCE_AMBIGUOUS',
    `"${ref}" fits more than one instance: ${names.join(', ')}`,
    {
      hint: 'Give the name, or more of the id.',
      details: { instance: ref },
    },
  );
}
