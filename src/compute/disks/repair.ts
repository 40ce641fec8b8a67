// After a process died while it attached, detached or changed disks: record, running domain and definition agree again. What
// the running domain has, stays; what it has not, is forgotten, and a file of the instance's own is kept. May run again.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { defined } from '../../base/index.ts';
import { attributeOf, find, serializeXml } from '../../libvirt-xml/index.ts';
import type { Disk, Instance, Volume, VolumeSource } from '../../model/index.ts';
import { namesIn, readImageInfo } from '../../storage/index.ts';
import { instancePaths } from '../paths.ts';
import type { Tools } from '../tools.ts';
import { domainContext, forgetVolume } from './attach.ts';
import { diskAt, disksIn, isVolume, type ShownDomain, showDomain, sourcePath } from './domain-disks.ts';
import { isMediumFile, ownFilePath } from './make-source.ts';
import { setMedium, withFile } from './media.ts';
import { volumeElements } from './volume-elements.ts';

export async function repairDisks(tools: Tools, { id, taskState }: Instance): Promise<void> {
  const instance = tools.store.instances.find(id);
  const shown = await showDomain(tools, instance);
  if (shown.domain !== null) {
    for (const volume of instance.volumes.filter((one) => !isInLaunchedDrive(instance, one)))
      await repairVolume(tools, instance, shown, volume);
    for (const target of drivesOf(instance)) await repairDrive(tools, instance, shown, target);
  }
  if (taskState === 'changing' && instance.adoption === null) await repairSizes(tools, id, shown);
  await removeLeftMedia(tools, tools.store.instances.find(id));
}

function isInLaunchedDrive({ disks }: Instance, { target }: Volume): boolean {
  return disks.some((disk) => disk.target === target);
}

async function repairVolume(
  tools: Tools,
  instance: Instance,
  { domain, live, definition }: ShownDomain,
  volume: Volume,
): Promise<void> {
  const isThere = disksIn(live ?? definition).some(isVolume(volume));
  const defined = disksIn(definition).find(isVolume(volume));
  if (!isThere) {
    if (defined !== undefined) await domain?.detachDevice(serializeXml(defined), { config: true });
    forgetVolume(tools, instance, volume.id);
    tools.log.info({ instance: instance.id, disk: volume.target }, 'forgot a disk that the domain has not');
  } else if (defined === undefined) {
    const { disk } = volumeElements(instance, volume, await domainContext(tools));
    await domain?.attachDevice(serializeXml(disk), { config: true });
  }
}

function drivesOf({ disks, volumes, adoption }: Instance): readonly string[] {
  if (adoption !== null) return [];
  return [...disks, ...volumes].filter(({ device }) => device === 'cdrom').map(({ target }) => target);
}

/** The record follows the drive, and so does the definition. */
async function repairDrive(
  tools: Tools,
  instance: Instance,
  { domain, live, definition }: ShownDomain,
  target: string,
): Promise<void> {
  const drive = diskAt(live ?? definition, target);
  if (drive === undefined) return;
  const path = sourcePath(drive);
  const format = attributeOf(find(drive, 'driver'), 'type') === 'qcow2' ? 'qcow2' : 'raw';
  const defined = diskAt(definition, target);
  if (defined !== undefined && sourcePath(defined) !== path)
    await domain?.updateDevice(serializeXml(withFile(defined, path, format)), { config: true });
  const disk = instance.disks.find((one) => one.target === target);
  const volume = instance.volumes.find((one) => one.target === target);
  if (path === recordedPath(tools, instance, disk, volume)) return;
  const isOriginal = disk !== undefined && path === ownFilePath(tools, instance, disk.fileName);
  const next = isOriginal ? null : mediumOf(tools, instance, { path, format, target, disk, volume });
  setMedium(tools, instance, { target }, next);
}

function recordedPath(
  tools: Tools,
  instance: Instance,
  disk: Disk | undefined,
  volume: Volume | undefined,
): string | null {
  if (volume === undefined) return disk === undefined ? null : ownFilePath(tools, instance, disk.fileName);
  const { source } = volume;
  if (source?.kind === 'own') return ownFilePath(tools, instance, source.fileName);
  return source !== null && 'path' in source ? source.path : null;
}

interface FoundMedium {
  readonly path: string | null;
  readonly format: 'qcow2' | 'raw';
  readonly target: string;
  readonly disk: Disk | undefined;
  readonly volume: Volume | undefined;
}

function mediumOf(
  tools: Tools,
  instance: Instance,
  { path, format, target, disk, volume }: FoundMedium,
): Volume | null {
  const bus = disk?.bus ?? volume?.bus;
  if (bus === undefined) return null;
  const { directory } = instancePaths(tools.paths.instances, instance.id);
  const name = path?.startsWith(`${directory}/`) === true ? path.slice(directory.length + 1) : null;
  const source = sourceAt(path, name, format);
  // A medium's file is named by its volume's id.
  const id = name !== null && isMediumFile(name) ? name.slice(-36) : (volume?.id ?? instance.id);
  return {
    id: disk === undefined ? (volume?.id ?? id) : id,
    source,
    device: 'cdrom',
    bus,
    target,
    readOnly: true,
    sizeBytes: null,
    attachedAt: volume?.attachedAt ?? new Date().toISOString(),
    ...defined({ name: volume?.name }),
  };
}

function sourceAt(
  path: string | null,
  ownName: string | null,
  format: FoundMedium['format'],
): VolumeSource | null {
  if (path === null) return null;
  if (ownName !== null) return { kind: 'own', fileName: ownName, format };
  return { kind: 'file', path, format };
}

/** A disk that was grown just before is as large as it is. */
async function repairSizes(tools: Tools, id: string, shown: ShownDomain): Promise<void> {
  const { disks, volumes } = tools.store.instances.find(id);
  const sizes = new Map<string, number>();
  for (const { target, sizeBytes, ...disk } of [...disks, ...volumes]) {
    const file = 'fileName' in disk ? disk : disk.source;
    if (file === null || !('fileName' in file) || disk.device !== 'disk') continue;
    if (sizeBytes === null || sizeBytes === 0 || file.format !== 'qcow2') continue;
    const now = await sizeNow(tools, id, shown, { target, fileName: file.fileName });
    if (now > sizeBytes) sizes.set(target, now);
  }
  if (sizes.size === 0) return;
  tools.store.instances.change(id, (current) => ({
    ...current,
    disks: current.disks.map((disk) => ({ ...disk, sizeBytes: sizes.get(disk.target) ?? disk.sizeBytes })),
    volumes: current.volumes.map((one) => ({ ...one, sizeBytes: sizes.get(one.target) ?? one.sizeBytes })),
  }));
}

function ownNameOf(source: VolumeSource | null): string | null {
  return source?.kind === 'own' ? source.fileName : null;
}

async function sizeNow(
  tools: Tools,
  id: string,
  { domain, live }: ShownDomain,
  { target, fileName }: { readonly target: string; readonly fileName: string },
): Promise<number> {
  if (domain !== null && diskAt(live, target) !== undefined)
    return (await domain.block.info(target)).capacity;
  const file = { path: ownFilePath(tools, { id }, fileName), format: 'qcow2' } as const;
  return (await readImageInfo(file)).virtualSizeBytes;
}

/** Copies of CDs that are in no drive. */
async function removeLeftMedia(tools: Tools, instance: Instance): Promise<void> {
  const { directory } = instancePaths(tools.paths.instances, instance.id);
  const used = new Set(instance.volumes.map(({ source }) => ownNameOf(source)));
  for (const name of await namesIn(directory)) {
    if (isMediumFile(name) && !used.has(name)) await rm(join(directory, name), { force: true });
  }
}
