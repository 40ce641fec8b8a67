// Putting the disks of an instance that is off back as a backup has them. The whole chain is verified first; then each disk is
// written anew beside the old one, and all take their places together.
import { rm } from 'node:fs/promises';
import type { Instance } from '../../model/index.ts';
import { convertChain, requireSpace } from '../../storage/index.ts';
import type { ActOptions } from '../compute.ts';
import { told } from '../emit-step.ts';
import { type OwnDisk, ownDisks } from '../export/copy-disks.ts';
import { holdInstance } from '../holding.ts';
import { instancePaths } from '../paths.ts';
import { isOn } from '../power-state.ts';
import { requireOwn, requireState } from '../state-conflict.ts';
import type { Tools } from '../tools.ts';
import { backupBroken, disksDiffer, snapshotsInTheWay } from './backup-faults.ts';
import type { BackupManifest } from './backup-manifest.ts';
import type { BackupPlace, BackupRestored } from './backup-requests.ts';
import { BackupSet, viewOf } from './backup-set.ts';
import { forgetCheckpoints } from './checkpoints.ts';
import { backupRoot } from './create-backup.ts';
import { putInPlace, recordSizes, replacementOf } from './replaced-disks.ts';
import { NO_WORK, removeWorkNote, writeWorkNote } from './work-note.ts';

export async function restoreBackup(
  tools: Tools,
  ref: string,
  wanted: string,
  { directory: root, ...options }: BackupPlace & ActOptions,
): Promise<BackupRestored> {
  const { id, name } = tools.store.instances.find(ref);
  requireOwn(tools.store.instances.find(id), 'restore-backup');
  using held = await holdInstance(tools, id, 'restore-backup', {
    state: 'restoring_backup',
    ...options,
  });
  const { instance } = held;
  // one in error may run all the same
  if (await isOn(await tools.libvirt.findDomain(instance)))
    requireState(instance, 'restore-backup', 'active');
  const snapshots = tools.store.diskSnapshots.ofInstance(id);
  if (snapshots.length > 0)
    throw snapshotsInTheWay(
      name,
      snapshots.map((snapshot) => snapshot.name),
    );
  const set = new BackupSet(backupRoot(tools, root), id);
  const backup = await set.find(wanted);
  const chain = await set.chainOf(backup);
  const disks = ownDisks(instance).filter(({ isReadOnly }) => !isReadOnly);
  const missing = backup.disks.filter(({ fileName }) => !disks.some((disk) => disk.fileName === fileName));
  if (missing.length > 0)
    throw disksDiffer(
      backup.id,
      missing.map(({ fileName }) => fileName),
    );
  await verify(set, chain, options);
  const restored = disks.filter(({ fileName }) => backup.disks.some((disk) => disk.fileName === fileName));
  await tools.slots.run(
    'snapshots',
    () => replace({ tools, instance, set, chain, options }, restored),
    options,
  );
  const untouched = disks.filter((disk) => !restored.includes(disk)).map(({ fileName }) => fileName);
  return { backup: viewOf(set, backup), untouched };
}

interface Job {
  readonly tools: Tools;
  readonly instance: Instance;
  readonly set: BackupSet;
  /** The backup, and those that it builds on. */
  readonly chain: readonly BackupManifest[];
  readonly options: ActOptions;
}

async function verify(set: BackupSet, chain: readonly BackupManifest[], options: ActOptions): Promise<void> {
  const total = chain.flatMap(({ disks }) => disks).reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  await told(options, 'verify', 'verifying the backup', async (report) => {
    for (const manifest of chain) {
      await set.verify(manifest, (bytes) => {
        options.signal?.throwIfAborted();
        done += bytes;
        report.bytes(done, total);
      });
    }
  });
}

async function replace(job: Job, disks: readonly OwnDisk[]): Promise<void> {
  const { tools, instance } = job;
  const { directory } = instancePaths(tools.paths.instances, instance.id);
  const names = disks.map(({ fileName }) => fileName);
  const files = names.map((fileName) => replacementOf(directory, fileName));
  await writeWorkNote(directory, { ...NO_WORK, unfinished: files });
  try {
    await requireSpace(directory, neededBytes(job, names), `the disks of ${instance.name}`);
    for (const disk of disks) await write(job, disk, replacementOf(directory, disk.fileName));
  } catch (error) {
    for (const file of files) await rm(file, { force: true });
    await removeWorkNote(directory);
    throw error;
  }
  await forgetCheckpoints(tools, instance); // their bitmaps are in files that go
  await writeWorkNote(directory, { ...NO_WORK, replacing: names });
  await told(job.options, 'replace', 'putting the disks in place', async () => {
    await putInPlace(directory, names);
    await recordSizes(tools, instance, names);
    await removeWorkNote(directory);
  });
}

/** At most what all layers have together. */
function neededBytes({ chain }: Job, names: readonly string[]): number {
  const layers = chain.flatMap(({ disks }) => disks).filter(({ fileName }) => names.includes(fileName));
  return layers.reduce((sum, { bytes }) => sum + bytes, 0);
}

async function write(
  { set, chain, options }: Job,
  { fileName, format }: OwnDisk,
  path: string,
): Promise<void> {
  const layers = layersOf(set, chain, fileName);
  const { signal } = options;
  await told(options, `restore-${fileName}`, `writing ${fileName}`, ({ fraction }) =>
    convertChain(layers, { path, format }, { signal, onProgress: fraction }),
  );
}

/** The files that make up a disk, the newest first, down to one that lacks nothing. Throws `BACKUP_BROKEN`. */
function layersOf(set: BackupSet, chain: readonly BackupManifest[], fileName: string): readonly string[] {
  const layers: string[] = [];
  for (const { id, disks } of chain) {
    const disk = disks.find((one) => one.fileName === fileName);
    if (disk === undefined) throw backupBroken(id, `it lacks ${fileName}, on which a later one builds`);
    layers.push(set.fileOf(id, disk));
    if (!disk.isIncrement) break;
  }
  return layers;
}
