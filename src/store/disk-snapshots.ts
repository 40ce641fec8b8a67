// The disk snapshots of instances; gone with the instance, as their marks are with its disks.
import {
  aBoolean,
  anObject,
  aString,
  byKind,
  Fault,
  listOf,
  oneOf,
  orNull,
  type Shape,
} from '../base/index.ts';
import type { DiskSnapshot, SnapshotWork } from '../model/index.ts';
import type { Database, Row } from './database.ts';
import { inRecord } from './records.ts';
import { json } from './row.ts';

export class DiskSnapshotRecords {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Oldest first. */
  ofInstance(instanceId: string): readonly DiskSnapshot[] {
    return this.#database
      .all('SELECT record FROM disk_snapshots WHERE instance_id = ? ORDER BY rowid', instanceId)
      .map(decode);
  }

  get(instanceId: string, name: string): DiskSnapshot | undefined {
    return this.ofInstance(instanceId).find((snapshot) => snapshot.name === name);
  }

  /** Throws `SNAPSHOT_EXISTS`. */
  insert(snapshot: DiskSnapshot): void {
    const added = this.#database.run(
      'INSERT INTO disk_snapshots (id, instance_id, name, record) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
      snapshot.id,
      snapshot.instanceId,
      snapshot.name,
      JSON.stringify(snapshot),
    );
    if (added === 1) return;
    throw new Fault('conflict', 'SNAPSHOT_EXISTS', `There is a snapshot named ${snapshot.name} already`, {
      hint: 'Choose another name, or remove that one first: novalet snapshot remove NAME SNAPSHOT',
    });
  }

  /** Writes a known one anew, under the name that it has. */
  update(snapshot: DiskSnapshot): void {
    this.#database.run(
      'UPDATE disk_snapshots SET record = ? WHERE id = ?',
      JSON.stringify(snapshot),
      snapshot.id,
    );
  }

  /** One that is not there is fine. */
  remove(id: string): void {
    this.#database.run('DELETE FROM disk_snapshots WHERE id = ?', id);
  }
}

const workShape: Shape<SnapshotWork> = byKind<SnapshotWork>({
  create: anObject({ kind: oneOf('create') }),
  remove: anObject({ kind: oneOf('remove') }),
  restore: anObject({ kind: oneOf('restore'), start: aBoolean }),
});

const snapshotShape: Shape<DiskSnapshot> = anObject({
  id: aString,
  instanceId: aString,
  name: aString,
  consistency: oneOf('filesystem', 'crash', 'off'),
  fileNames: listOf(aString),
  hasFirmware: aBoolean,
  createdAt: aString,
  work: orNull(workShape),
});

function decode(row: Row): DiskSnapshot {
  return snapshotShape(json(row, 'record'), inRecord('disk snapshot'));
}
