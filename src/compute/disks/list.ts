// The disks of an instance as they are shown: the record beside what libvirt shows, with the sizes that can be known.

import { isFault } from '../../base/index.ts';
import { attributeOf, type Element, find } from '../../libvirt-xml/index.ts';
import {
  DISK_BUSES,
  type Disk,
  type DiskBus,
  type Instance,
  sourceWords,
  type Volume,
} from '../../model/index.ts';
import { readImageInfo } from '../../storage/index.ts';
import { formatOf } from '../disk-devices.ts';
import { presentForm } from '../rescue/rescued-form.ts';
import type { Tools } from '../tools.ts';
import type { DiskView } from './disk-requests.ts';
import {
  diskAt,
  disksIn,
  isVolume,
  type ShownDomain,
  showDomain,
  sourcePath,
  targetOf,
} from './domain-disks.ts';
import { keptFileName, keptIds, ownFilePath } from './make-source.ts';

export async function listDisks(tools: Tools, ref: string): Promise<readonly DiskView[]> {
  const instance = tools.store.instances.find(ref);
  const shown = await showDomain(tools, instance);
  if (instance.adoption !== null) return await adoptedViews(instance, shown);
  const present = presentForm(instance); // another one while it is rescued
  const media = new Map(present.volumes.map((volume) => [volume.target, volume]));
  const disks = await Promise.all(present.disks.map((disk) => diskView(disk, media.get(disk.target), shown)));
  const targets = new Set(instance.disks.map(({ target }) => target));
  const added = instance.volumes.filter(({ target }) => !targets.has(target));
  const volumes = await Promise.all(added.map((volume) => volumeView(volume, shown)));
  const kept = await Promise.all((await keptIds(tools, instance)).map((id) => keptView(tools, instance, id)));
  return [...disks, ...volumes, ...kept];
}

/** One that was attached just now, as `list` shows it; `shown` is the domain as it was before. */
export async function attachedView(volume: Volume, shown: ShownDomain): Promise<DiskView> {
  return await viewOf(volume, shown, shown.domain !== null);
}

export async function viewOfTarget(tools: Tools, id: string, target: string): Promise<DiskView | undefined> {
  return (await listDisks(tools, id)).find((view) => view.target === target);
}

async function diskView(disk: Disk, medium: Volume | undefined, shown: ShownDomain): Promise<DiskView> {
  const source = medium === undefined ? ({ kind: 'own', ...disk } as const) : medium.source;
  return {
    target: disk.target,
    bus: disk.bus,
    device: disk.device,
    role: disk.role,
    id: medium?.id ?? null,
    name: medium?.name ?? null,
    source: source === null ? null : sourceWords(source),
    kind: source?.kind ?? null,
    format: medium === undefined ? disk.format : source === null ? null : formatOf(medium),
    readOnly: disk.device === 'cdrom',
    sizeBytes:
      medium === undefined && disk.sizeBytes > 0
        ? disk.sizeBytes
        : source === null
          ? null
          : (medium?.sizeBytes ?? (await liveSize(shown, disk.target))),
    isAttached: diskAt(shown.live ?? shown.definition, disk.target) !== undefined,
  };
}

async function volumeView(volume: Volume, shown: ShownDomain): Promise<DiskView> {
  return await viewOf(volume, shown, disksIn(shown.live ?? shown.definition).some(isVolume(volume)));
}

async function viewOf(volume: Volume, shown: ShownDomain, isAttached: boolean): Promise<DiskView> {
  const { source, target } = volume;
  return {
    target,
    bus: volume.bus,
    device: volume.device,
    role: 'volume',
    id: volume.id,
    name: volume.name ?? null,
    source: source === null ? null : sourceWords(source),
    kind: source?.kind ?? null,
    format: source === null ? null : 'format' in source ? source.format : 'raw',
    readOnly: volume.readOnly,
    sizeBytes:
      source === null ? null : (volume.sizeBytes ?? (isAttached ? await liveSize(shown, target) : null)),
    isAttached,
  };
}

async function keptView(tools: Tools, instance: Instance, id: string): Promise<DiskView> {
  const fileName = keptFileName(id);
  const file = { path: ownFilePath(tools, instance, fileName), format: 'qcow2' } as const;
  const { virtualSizeBytes } = await readImageInfo(file);
  return {
    target: '',
    bus: null,
    device: 'disk',
    role: 'kept',
    id,
    name: null,
    source: sourceWords({ kind: 'own', fileName, format: 'qcow2' }),
    kind: 'own',
    format: 'qcow2',
    readOnly: false,
    sizeBytes: virtualSizeBytes,
    isAttached: false,
  };
}

async function adoptedViews(instance: Instance, shown: ShownDomain): Promise<readonly DiskView[]> {
  const ours = (disk: Element) => instance.volumes.find((volume) => isVolume(volume)(disk));
  const devices = disksIn(shown.live ?? shown.definition);
  const there = await Promise.all(
    devices.map(async (disk) => {
      const volume = ours(disk);
      return volume === undefined ? await adoptedView(disk, shown) : await volumeView(volume, shown);
    }),
  );
  const gone = instance.volumes.filter((volume) => !devices.some(isVolume(volume)));
  return [...there, ...(await Promise.all(gone.map((volume) => volumeView(volume, shown))))];
}

async function adoptedView(disk: Element, shown: ShownDomain): Promise<DiskView> {
  const bus = attributeOf(find(disk, 'target'), 'bus');
  const path = sourcePath(disk);
  const isBlock = attributeOf(disk, 'type') === 'block';
  return {
    target: targetOf(disk),
    bus: DISK_BUSES.find((known): known is DiskBus => known === bus) ?? null,
    device: attributeOf(disk, 'device') ?? 'disk',
    role: null,
    id: null,
    name: null,
    source: path === null ? null : `${isBlock ? 'block' : 'file'} ${path}`,
    kind: path === null ? null : isBlock ? 'block' : 'file',
    format: attributeOf(find(disk, 'driver'), 'type') ?? null,
    readOnly: find(disk, 'readonly') !== undefined,
    sizeBytes: path === null ? null : await liveSize(shown, targetOf(disk)),
    isAttached: true,
  };
}

/** As QEMU has it; null where the domain is off, or its disk cannot be asked. */
async function liveSize({ domain, live }: ShownDomain, target: string): Promise<number | null> {
  if (domain === null || live === null) return null;
  try {
    return (await domain.block.info(target)).capacity;
  } catch (error) {
    if (isFault(error)) return null; // its server is gone, or the domain just stopped: then nobody knows
    throw error;
  }
}
