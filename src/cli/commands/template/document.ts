// Templates for people and for programs.
import { formatBytes } from '../../../base/index.ts';
import type { TemplateVerified, TemplateView } from '../../../compute/index.ts';
import type { Template, TemplateFile } from '../../../model/index.ts';
import { flavorWords } from '../../documents.ts';
import type { Document } from '../../output.ts';
import { flavorRecord } from '../../records.ts';
import { formatPairs, formatTable } from '../../table.ts';

const NOTHING = '-';

export function templatesDocument(views: readonly TemplateView[]): Document {
  return {
    data: views.map(templateRecord),
    text: () =>
      formatTable({
        head: ['NAME', 'STATE', 'SOURCE', 'FLAVOR', 'TAKES', 'USERS', 'CREATED', 'ID'],
        rows: views.map((view) => [
          view.template.name,
          stateWord(view),
          sourceWords(view.template),
          view.template.guest?.flavor.name ?? NOTHING,
          formatBytes(sum(view.template, 'allocatedBytes')),
          `${view.users.length}`,
          view.template.createdAt,
          view.template.id,
        ]),
      }),
  };
}

export function templateDocument(view: TemplateView): Document {
  return { data: templateRecord(view), text: () => formatPairs(pairs(view)) };
}

export function verifiedDocument(verified: TemplateVerified): Document {
  const damaged = [...verified.damaged].map(([file, what]) => ({ file, what }));
  return {
    data: { ...templateRecord(verified), damaged },
    text: () =>
      formatPairs([
        ['name', verified.template.name],
        ['state', stateWord(verified)],
        ...staleWords(verified),
        ['checked', verified.template.files.map(({ name }) => name).join('\n') || NOTHING],
        ['damaged', damaged.map(({ file, what }) => `${file}: ${what}`).join('\n') || 'nothing'],
      ]),
  };
}

export function templateRecord({ template, users, stale }: TemplateView) {
  const { id, name, state, source, guest, host, inside, files, createdAt } = template;
  return {
    id,
    name,
    state,
    stale,
    source: { kind: source.kind, id: source.id, name: source.name },
    flavor: guest && flavorRecord(guest.flavor),
    image: guest && { id: guest.image.id || null, name: guest.image.name || null },
    host: host && { libvirt: host.libvirt, qemu: host.qemu, cpu: host.cpu, machine: host.machine },
    inside: inside && { host_key_types: [...inside.hostKeyTypes], has_cloud_init: inside.hasCloudInit },
    files: files.map(fileRecord),
    size_bytes: sum(template, 'sizeBytes'),
    allocated_bytes: sum(template, 'allocatedBytes'),
    users: [...users],
    created_at: createdAt,
  };
}

function fileRecord({ name, sizeBytes, allocatedBytes, sha256 }: TemplateFile) {
  return { name, size_bytes: sizeBytes, allocated_bytes: allocatedBytes, sha256 };
}

function pairs(view: TemplateView): readonly (readonly [string, string])[] {
  const { template, users } = view;
  const { guest, host, inside, files } = template;
  return [
    ['name', template.name],
    ['id', template.id],
    ['state', stateWord(view)],
    ...staleWords(view),
    ['source', sourceWords(template)],
    ['flavor', guest === null ? NOTHING : `${guest.flavor.name} (${flavorWords(guest.flavor)})`],
    ['machine', host?.machine ?? NOTHING],
    ['made_with', host === null ? NOTHING : `libvirt ${host.libvirt}, QEMU ${host.qemu}`],
    ['host_keys', inside?.hostKeyTypes.join(', ') || NOTHING],
    ['cloud_init', inside === null ? NOTHING : inside.hasCloudInit ? 'yes' : 'no'],
    ['files', files.map(fileWords).join('\n') || NOTHING],
    ['takes', formatBytes(sum(template, 'allocatedBytes'))],
    ['users', users.join('\n') || NOTHING],
    ['created_at', template.createdAt],
  ];
}

/** For people it is a state of its own: what there is to do is another thing than for a ready one. */
function stateWord({ template, stale }: TemplateView): string {
  return template.state === 'ready' && stale !== null ? 'stale' : template.state;
}

function staleWords({ stale }: TemplateView): readonly (readonly [string, string])[] {
  return stale === null ? [] : [['boots_cold', stale]];
}

function sourceWords({ source }: Template): string {
  return `${source.kind} ${source.name}`;
}

function fileWords({ name, sizeBytes, allocatedBytes, sha256 }: TemplateFile): string {
  return `${name} ${formatBytes(sizeBytes)}, takes ${formatBytes(allocatedBytes)}, sha256 ${sha256}`;
}

function sum({ files }: Template, key: 'sizeBytes' | 'allocatedBytes'): number {
  return files.reduce((total, file) => total + file[key], 0);
}
