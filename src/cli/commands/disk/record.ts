// Disks as programs and people read them.
import { formatBytes } from '../../../base/index.ts';
import type { DetachedDisk, DiskView, GrownDisk } from '../../../compute/index.ts';
import type { Document } from '../../output.ts';
import { printableLine } from '../../printable.ts';
import { formatPairs, formatTable } from '../../table.ts';

export function diskViewRecord(view: DiskView) {
  return {
    target: view.target || null,
    bus: view.bus,
    device: view.device,
    role: view.role,
    id: view.id,
    name: view.name,
    kind: view.kind,
    source: view.source,
    format: view.format,
    read_only: view.readOnly,
    size_bytes: view.sizeBytes,
    attached: view.isAttached,
  };
}

export function disksDocument(views: readonly DiskView[]): Document {
  return {
    data: views.map(diskViewRecord),
    text: () =>
      formatTable({
        head: ['TARGET', 'BUS', 'DEVICE', 'ROLE', 'SIZE', 'SOURCE', 'ID'],
        rows: views.map((view) => [
          view.target || '-',
          view.bus ?? '-',
          view.device,
          roleWords(view),
          view.sizeBytes === null ? '-' : formatBytes(view.sizeBytes),
          printableLine(view.source ?? '-'),
          view.id ?? '-',
        ]),
      }),
  };
}

export function diskDocument(view: DiskView): Document {
  return {
    data: diskViewRecord(view),
    text: () =>
      formatPairs([
        ['target', view.target],
        ['bus', view.bus ?? ''],
        ['device', view.device],
        ['id', view.id ?? ''],
        ['source', printableLine(view.source ?? 'empty')],
        ['format', view.format ?? ''],
        ['read_only', view.readOnly ? 'yes' : 'no'],
        ['size', view.sizeBytes === null ? '' : formatBytes(view.sizeBytes)],
      ]),
  };
}

export function detachedDocument(detached: DetachedDisk): Document {
  const { id, target, keptFile } = detached;
  return { data: { id, target: target || null, kept_file: keptFile }, text: () => '' };
}

export function grownRecord({ target, fromBytes, toBytes, inside }: GrownDisk) {
  return {
    target,
    from_bytes: fromBytes,
    to_bytes: toBytes,
    inside: inside.map(({ what, name, outcome, why }) => ({ what, name, outcome, why })),
  };
}

/** What was done inside comes from the guest, and is made printable. */
export function grownDocument(grown: GrownDisk): Document {
  const { target, fromBytes, toBytes, inside } = grown;
  const steps = inside.map(({ what, name, outcome, why }) => {
    const end = outcome === 'not-done' ? 'not done' : outcome;
    return `${what} ${printableLine(name)}: ${end}${why === null ? '' : `: ${printableLine(why)}`}\n`;
  });
  const change = fromBytes === toBytes ? 'has that size already' : `was ${formatBytes(fromBytes)}`;
  return {
    data: grownRecord(grown),
    text: () => `disk ${target}: ${formatBytes(toBytes)}, ${change}\n${steps.join('')}`,
  };
}

function roleWords({ role, name, isAttached }: DiskView): string {
  if (role === 'kept') return role;
  return `${role ?? '-'}${name === null ? '' : ` ${printableLine(name)}`}${isAttached ? '' : ' (not there)'}`;
}
