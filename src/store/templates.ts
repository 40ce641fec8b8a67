// The templates of this host. Which instances lie over one stands in their records alone: whatever ends an instance lets go
// of its template.
import {
  aBoolean,
  anInteger,
  anObject,
  aString,
  Fault,
  listOf,
  oneOf,
  orNull,
  type Shape,
} from '../base/index.ts';
import { TEMPLATE_STATES, type Template } from '../model/index.ts';
import type { Database, Row } from './database.ts';
import { inRecord, instanceShape } from './records.ts';
import { type Named, pickByRef } from './ref.ts';
import { json, text } from './row.ts';

export class TemplateRecords {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Oldest first. */
  list(): readonly Template[] {
    return this.#database.all('SELECT record FROM templates ORDER BY rowid').map(decode);
  }

  get(id: string): Template | undefined {
    const row = this.#database.get('SELECT record FROM templates WHERE id = ?', id);
    return row === undefined ? undefined : decode(row);
  }

  /** By name, id, or the beginning of an id that fits one. Throws `TEMPLATE_NOT_FOUND` or `TEMPLATE_AMBIGUOUS`. */
  find(ref: string): Template {
    const named = this.#database.all('SELECT id, name FROM templates ORDER BY rowid').map(namedOf);
    const found = this.get(pickByRef(ref, named, () => notFound(ref), ambiguous));
    if (found === undefined) throw notFound(ref);
    return found;
  }

  /** Throws `TEMPLATE_EXISTS`. */
  requireFreeName(name: string): void {
    if (this.#database.get('SELECT 1 FROM templates WHERE name = ?', name) !== undefined) throw exists(name);
  }

  /** Throws `TEMPLATE_EXISTS`. */
  insert(template: Template): void {
    this.#database.transaction(() => {
      this.requireFreeName(template.name);
      this.#database.run(
        'INSERT INTO templates (id, name, record) VALUES (?, ?, ?)',
        template.id,
        template.name,
        JSON.stringify(template),
      );
    });
  }

  /** Writes a known one anew, under the name that it has. Throws `TEMPLATE_NOT_FOUND`. */
  update(template: Template): void {
    const record = JSON.stringify(template);
    const changed = this.#database.run('UPDATE templates SET record = ? WHERE id = ?', record, template.id);
    if (changed === 0) throw notFound(template.name);
  }

  /** The instances whose disks lie over its; also those that are being built or deleted. */
  users(id: string): readonly Named[] {
    return this.#database
      .all(
        "SELECT id, name FROM instances WHERE json_extract(record, '$.templateId') = ? ORDER BY number",
        id,
      )
      .map(namedOf);
  }

  /** Removes the record. Throws `TEMPLATE_IN_USE`; one that is not there is fine. */
  remove(id: string): void {
    this.#database.transaction(() => {
      const users = this.users(id);
      if (users.length > 0) throw inUse(this.get(id)?.name ?? id, users);
      this.#database.run('DELETE FROM templates WHERE id = ?', id);
    });
  }
}

const templateShape: Shape<Template> = anObject({
  id: aString,
  name: aString,
  state: oneOf(...TEMPLATE_STATES),
  source: anObject({ kind: oneOf('image', 'instance'), id: aString, name: aString }),
  guest: orNull(instanceShape),
  host: orNull(anObject({ libvirt: aString, qemu: aString, cpu: aString, machine: aString })),
  inside: orNull(anObject({ hostKeyTypes: listOf(aString), hasCloudInit: aBoolean })),
  files: listOf(
    anObject({ name: aString, sizeBytes: anInteger, allocatedBytes: anInteger, sha256: aString }),
  ),
  createdAt: aString,
});

function decode(row: Row): Template {
  return templateShape(json(row, 'record'), inRecord('template'));
}

function namedOf(row: Row): Named {
  return { id: text(row, 'id'), name: text(row, 'name') };
}

function notFound(ref: string): Fault {
  return new Fault('not-found', 'TEMPLATE_NOT_FOUND', `There is no template "${ref}"`, {
    hint: 'novalet template list shows those that there are; novalet template create makes one.',
    details: { template: ref },
  });
}

function ambiguous(ref: string, names: readonly string[]): Fault {
  return new Fault(
    'invalid',
    'TEMPLATE_AMBIGUOUS',
    `"${ref}" fits more than one template: ${names.join(', ')}`,
    {
      hint: 'Give the name, or more of the id.',
      details: { template: ref },
    },
  );
}

function exists(name: string): Fault {
  return new Fault('conflict', 'TEMPLATE_EXISTS', `There is a template named ${name} already`, {
    hint: `Choose another name, or remove it first: novalet template remove ${name}`,
    details: { template: name },
  });
}

function inUse(name: string, users: readonly Named[]): Fault {
  const names = users.map((user) => user.name).join(', ');
  return new Fault(
    'conflict',
    'TEMPLATE_IN_USE',
    `The disks of ${names} lie over those of template ${name}`,
    {
      hint: 'Delete those instances first: novalet delete NAME',
      details: { template: name, instances: names },
    },
  );
}
