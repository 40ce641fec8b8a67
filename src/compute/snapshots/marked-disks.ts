// The disks of an instance that a snapshot marks, and marking them, whether QEMU has them open or nobody has.
import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoCode, Fault } from '../../base/index.ts';
import { find, parseXml, textOf } from '../../libvirt-xml/index.ts';
import type { DiskSnapshot, Instance } from '../../model/index.ts';
import {
  addDiskMark,
  goBackToMark,
  growDisk,
  publish,
  readDiskMarks,
  readImageInfo,
  removeBitmaps,
  removeDiskMark,
  temporaryFor,
} from '../../storage/index.ts';
import { instancePaths } from '../paths.ts';
import { powerStateOf } from '../power-state.ts';
import type { Tools } from '../tools.ts';
import { unlessGone } from '../unless-gone.ts';
import { addLiveMarks, openDisks, removeLiveMarks } from './live-marks.ts';

/** Of what the guest writes to: its own disks, and those that were made for it later. Drives for reading have nothing to go back to. */
export function markedFiles(instance: Instance): readonly string[] {
  const own = instance.disks
    .filter(
      ({ role, device, format }) =>
        role !== 'config' && role !== 'agent' && device === 'disk' && format === 'qcow2',
    )
    .map(({ fileName }) => fileName);
  const added = instance.volumes.flatMap(({ source, device }) =>
    source?.kind === 'own' && source.format === 'qcow2' && device === 'disk' ? [source.fileName] : [],
  );
  if (own.length + added.length > 0) return [...own, ...added];
  throw new Fault(
    'unsupported',
    'SNAPSHOT_NO_DISKS',
    `Instance ${instance.name} has no disk of its own to go back to`,
    {
      hint: 'It boots from a CD and has no other disk.',
    },
  );
}

export async function isOn(tools: Tools, instance: Instance): Promise<boolean> {
  const power = await powerStateOf(await tools.libvirt.findDomain(instance));
  return power === 'RUNNING' || power === 'PAUSED' || power === 'SUSPENDED';
}

/** Off, disk after disk: whoever fails or dies in between has them removed again. */
export async function addMarks(tools: Tools, instance: Instance, snapshot: DiskSnapshot): Promise<void> {
  const paths = pathsOf(tools, snapshot);
  if (await isOn(tools, instance)) {
    const domain = await tools.libvirt.domain(instance);
    await addLiveMarks(domain, instance, await openDisks(domain, instance, paths), markOf(snapshot));
    return;
  }
  for (const path of paths) await addDiskMark(path, markOf(snapshot));
}

/** From those that have it; a disk that is gone has nothing to lose. */
export async function removeMarks(tools: Tools, instance: Instance, snapshot: DiskSnapshot): Promise<void> {
  const files = new Set(markedFiles(instance));
  const there = { ...snapshot, fileNames: snapshot.fileNames.filter((name) => files.has(name)) };
  const paths = pathsOf(tools, there);
  if (await isOn(tools, instance)) {
    const domain = await tools.libvirt.domain(instance);
    await removeLiveMarks(domain, instance, await openDisks(domain, instance, paths), markOf(snapshot));
  } else for (const path of paths) await removeDiskMark(path, markOf(snapshot));
  await rm(firmwareCopy(tools, snapshot), { force: true });
}

/** Throws `SNAPSHOT_LOST` unless each disk is still the one that was marked. */
export async function requireMarks(tools: Tools, instance: Instance, snapshot: DiskSnapshot): Promise<void> {
  const files = new Set(markedFiles(instance));
  const unlocked = await isOn(tools, instance);
  for (const fileName of snapshot.fileNames) {
    const path = join(instancePaths(tools.paths.instances, instance.id).directory, fileName);
    if (files.has(fileName) && (await readDiskMarks(path, unlocked)).marks.includes(markOf(snapshot)))
      continue;
    throw new Fault(
      'conflict',
      'SNAPSHOT_LOST',
      `The disk ${fileName} of ${instance.name} is another one than when ${snapshot.name} was made`,
      {
        hint: `It was detached, or the instance was rebuilt or resized. Remove the snapshot: novalet snapshot remove ${instance.name} ${snapshot.name}`,
        details: { fileName },
      },
    );
  }
}

/** Of an instance that is off; may be done again. What recorded changes for later backups is gone, since it tells no truth any more. */
export async function bringDisksBack(
  tools: Tools,
  instance: Instance,
  snapshot: DiskSnapshot,
): Promise<void> {
  const domain = await tools.libvirt.findDomain(instance);
  for (const name of domain === undefined ? [] : await domain.checkpoints.names()) {
    await unlessGone(
      async () => await domain?.checkpoints.delete(name, { metadataOnly: true }),
      'DOMAIN_CHECKPOINT_NOT_FOUND',
    );
  }
  const { directory } = instancePaths(tools.paths.instances, instance.id);
  for (const fileName of snapshot.fileNames) {
    const path = join(directory, fileName);
    await removeBitmaps(path);
    await goBackToMark(path, markOf(snapshot));
    const disk = { path, format: 'qcow2' } as const;
    const sizeBytes = sizeOf(instance, fileName);
    if (sizeBytes > (await readImageInfo(disk)).virtualSizeBytes) await growDisk(disk, sizeBytes); // it grew since
  }
}

/** Copies what the firmware remembers, and says whether there was something. */
export async function keepFirmware(
  tools: Tools,
  instance: Instance,
  snapshot: DiskSnapshot,
): Promise<boolean> {
  const variables = await firmwareFile(tools, instance);
  if (variables === null) return false;
  const copy = firmwareCopy(tools, snapshot);
  const temporary = await temporaryFor(copy);
  try {
    await copyFile(variables, temporary);
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return false; // it never started
    throw error;
  }
  await publish(temporary, copy);
  return true;
}

export async function bringFirmwareBack(
  tools: Tools,
  instance: Instance,
  snapshot: DiskSnapshot,
): Promise<void> {
  const variables = snapshot.hasFirmware ? await firmwareFile(tools, instance) : null;
  if (variables !== null) await copyFile(firmwareCopy(tools, snapshot), variables);
}

/** Of a domain with UEFI: where libvirt keeps its variables. */
async function firmwareFile(tools: Tools, instance: Instance): Promise<string | null> {
  const domain = await tools.libvirt.findDomain(instance);
  if (domain === undefined) return null;
  const root = parseXml(await domain.xml({ inactive: true }), `the domain ${domain.name}`);
  return textOf(find(root, 'os', 'nvram'))?.trim() || null;
}

function firmwareCopy(tools: Tools, snapshot: DiskSnapshot): string {
  return join(instancePaths(tools.paths.instances, snapshot.instanceId).directory, `firmware.${snapshot.id}`);
}

function markOf({ id }: DiskSnapshot): string {
  return `novalet-${id}`;
}

function pathsOf(tools: Tools, { instanceId, fileNames }: DiskSnapshot): readonly string[] {
  const { directory } = instancePaths(tools.paths.instances, instanceId);
  return fileNames.map((fileName) => join(directory, fileName));
}

/** As recorded now; 0 where nobody says. */
function sizeOf({ disks, volumes }: Instance, fileName: string): number {
  const disk = disks.find((known) => known.fileName === fileName);
  if (disk !== undefined) return disk.sizeBytes;
  const volume = volumes.find(({ source }) => source?.kind === 'own' && source.fileName === fileName);
  return volume?.sizeBytes ?? 0;
}
