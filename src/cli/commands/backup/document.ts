// Backups as they are printed.
import { formatBytes } from '../../../base/index.ts';
import type { BackupView } from '../../../compute/index.ts';
import type { Document } from '../../output.ts';
import { formatPairs, formatTable } from '../../table.ts';

export function backupRecord(view: BackupView): object {
  const { id, instance, kind, parent, createdAt, consistency, bytes, path } = view;
  return {
    id,
    instance_id: instance.id,
    instance: instance.name,
    kind,
    parent,
    created_at: createdAt,
    consistency,
    bytes,
    path,
  };
}

export function backupDocument(view: BackupView): Document {
  return {
    data: backupRecord(view),
    text: () =>
      formatPairs([
        ['id', view.id],
        ['instance', view.instance.name],
        ['kind', view.kind],
        ['parent', view.parent ?? '-'],
        ['consistency', view.consistency],
        ['size', formatBytes(view.bytes)],
        ['path', view.path],
      ]),
  };
}

export function backupsDocument(views: readonly BackupView[]): Document {
  return {
    data: views.map(backupRecord),
    text: () =>
      formatTable({
        head: ['ID', 'INSTANCE', 'KIND', 'PARENT', 'CONSISTENCY', 'SIZE'],
        rows: views.map((view) => [
          view.id,
          view.instance.name,
          view.kind,
          view.parent ?? '-',
          view.consistency,
          formatBytes(view.bytes),
        ]),
      }),
  };
}
