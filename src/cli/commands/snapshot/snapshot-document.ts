// Disk snapshots for people and for programs.
import type { DiskSnapshot } from '../../../model/index.ts';
import type { Document } from '../../output.ts';
import { formatPairs, formatTable } from '../../table.ts';

export const SNAPSHOT = 'name of the snapshot';

function snapshotRecord({ id, name, consistency, fileNames, createdAt, work }: DiskSnapshot) {
  return {
    id,
    name,
    consistency,
    files: [...fileNames],
    /** What was left half done, and ends when the instance is next repaired or the command is repeated. */
    unfinished: work?.kind ?? null,
    created_at: createdAt,
  };
}

export function snapshotDocument(snapshot: DiskSnapshot): Document {
  const { id, name, consistency, fileNames, createdAt } = snapshot;
  return {
    data: snapshotRecord(snapshot),
    text: () =>
      formatPairs([
        ['name', name],
        ['id', id],
        ['consistency', consistency],
        ['files', fileNames.join(', ')],
        ['created_at', createdAt],
      ]),
  };
}

export function snapshotsDocument(snapshots: readonly DiskSnapshot[]): Document {
  return {
    data: snapshots.map(snapshotRecord),
    text: () =>
      formatTable({
        head: ['NAME', 'CONSISTENCY', 'FILES', 'CREATED', 'UNFINISHED'],
        rows: snapshots.map(({ name, consistency, fileNames, createdAt, work }) => [
          name,
          consistency,
          fileNames.join(', '),
          createdAt,
          work?.kind ?? '-',
        ]),
      }),
  };
}
