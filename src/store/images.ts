// The images of this host: what is known of each file. Their bytes are elsewhere.
import { Fault } from '../base/index.ts';
import type { Image } from '../model/index.ts';
import type { Database, Row } from './database.ts';
import { imageShape, inRecord } from './records.ts';
import { type Named, pickByRef } from './ref.ts';
import { json, text } from './row.ts';

export class ImageRecords {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** By name. */
  list(): readonly Image[] {
    return this.#database.all('SELECT record FROM images ORDER BY name').map(decode);
  }

  get(id: string): Image | undefined {
    const row = this.#database.get('SELECT record FROM images WHERE id = ?', id);
    return row === undefined ? undefined : decode(row);
  }

  /** By name, id, or the beginning of an id that fits one. Throws `IMAGE_NOT_FOUND` or `IMAGE_AMBIGUOUS`. */
  find(ref: string): Image {
    const named = this.#database.all('SELECT id, name FROM images ORDER BY name').map(namedOf);
    const absent = () => notFound(ref, named);
    const found = this.get(pickByRef(ref, named, absent, ambiguous));
    if (found === undefined) throw absent();
    return found;
  }

  hasName(name: string): boolean {
    return this.#database.get('SELECT 1 FROM images WHERE name = ?', name) !== undefined;
  }

  /** Throws `IMAGE_EXISTS` when the name is taken. */
  insert(image: Image): void {
    const added = this.#database.run(
      'INSERT INTO images (id, name, record) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING',
      image.id,
      image.name,
      JSON.stringify(image),
    );
    if (added === 1) return;
    throw new Fault('conflict', 'IMAGE_EXISTS', `There is an image named ${image.name} already`, {
      hint: `Choose another name, or remove it first: novalet image remove ${image.name}`,
      details: { image: image.name },
    });
  }

  /** Writes a known image anew, under the name that it has. Throws `IMAGE_NOT_FOUND`. */
  update(image: Image): void {
    const record = JSON.stringify(image);
    if (this.#database.run('UPDATE images SET record = ? WHERE id = ?', record, image.id) === 1) return;
    throw notFound(image.name, []);
  }

  /** Removes the record; one that is not there is fine. */
  remove(id: string): void {
    this.#database.run('DELETE FROM images WHERE id = ?', id);
  }
}

function namedOf(row: Row): Named {
  return { id: text(row, 'id'), name: text(row, 'name') };
}

function decode(row: Row): Image {
  return imageShape(json(row, 'record'), inRecord('image'));
}

/** More names than this help nobody. */
const NAMES_SHOWN = 10;

function notFound(ref: string, there: readonly Named[]): Fault {
  const names = there.slice(0, NAMES_SHOWN).map(({ name }) => name);
  return new Fault('not-found', 'IMAGE_NOT_FOUND', `There is no image "${ref}"`, {
    hint:
      names.length === 0
        ? 'There are no images yet. Get one: novalet image pull debian:12, or novalet image add FILE'
        : `There are: ${names.join(', ')}${there.length > names.length ? ' …' : ''}. Get another with novalet image pull or novalet image add.`,
    details: { image: ref },
  });
}

function ambiguous(ref: string, names: readonly string[]): Fault {
  return new Fault('invalid', 'IMAGE_AMBIGUOUS', `"${ref}" fits more than one image: ${names.join(', ')}`, {
    hint: 'Give the name, or more of the id.',
    details: { image: ref },
  });
}
