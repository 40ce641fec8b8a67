// Making a backup: the disks of a guest as they are at one moment, whole, or what changed since an earlier backup of the same
// directory, by the bitmaps that QEMU keeps in the qcow2 files. A guest that is off is started for it with its processors
// standing still: QEMU alone knows its bitmaps.
import { createHash, randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { asFault, isFault } from '../../base/index.ts';
import { onHost } from '../../guest/index.ts';
import { makeDirectory } from '../../hostlink/index.ts';
import type { Instance } from '../../model/index.ts';
import {
  forgetBacking,
  inspectImage,
  publish,
  sweepTemporaries,
  sync,
  temporaryFor,
  wholeBitmaps,
} from '../../storage/index.ts';
import type { ActOptions } from '../compute.ts';
import { told } from '../emit-step.ts';
import { type OwnDisk, ownDisks } from '../export/copy-disks.ts';
import { snapshotsOf } from '../export/export-instance.ts';
import { exportedRecord } from '../export/exported-record.ts';
import { holdInstance } from '../holding.ts';
import { inStage } from '../life/in-stage.ts';
import { instancePaths } from '../paths.ts';
import { defineAgain, pullThePlug, wakeNetworks } from '../power.ts';
import { isOn } from '../power-state.ts';
import { isSessionMode } from '../settings.ts';
import { atOneMoment, FREEZE_DEADLINE_MS } from '../snapshots/one-moment.ts';
import type { Consistency } from '../snapshots/requests.ts';
import { requireOwn } from '../state-conflict.ts';
import type { Tools } from '../tools.ts';
import { placeClosed } from './backup-faults.ts';
import {
  BACKUP_MANIFEST,
  type BackupDisk,
  type BackupManifest,
  newBackupId,
  writeBackupManifest,
} from './backup-manifest.ts';
import type { BackupMade, BackupRequest } from './backup-requests.ts';
import { BackupSet, digestOf, viewOf } from './backup-set.ts';
import { checkpointName, forgetCheckpoint, ownCheckpoints } from './checkpoints.ts';
import { PushJob } from './push-job.ts';
import { NO_WORK, removeWorkNote, writeWorkNote } from './work-note.ts';

interface Job {
  readonly tools: Tools;
  readonly instance: Instance;
  readonly set: BackupSet;
  readonly id: string;
  /** Where it is made. */
  readonly work: string;
  readonly checkpoint: string;
  readonly disks: readonly OwnDisk[];
  readonly options: ActOptions;
}

/** As of any start: minutes only where libvirt probes QEMU anew. */
const START_MS = 180_000;

/** What an incremental one builds on, or why it cannot. */
type Ground = { readonly parent: BackupManifest } | { readonly why: string | null };

/** The directory of backups where nobody names one. */
export function backupRoot(tools: Tools, directory: string | undefined): string {
  return directory === undefined ? join(tools.paths.stateDir, 'backups') : resolve(directory);
}

export async function createBackup(
  tools: Tools,
  ref: string,
  request: BackupRequest,
  options: ActOptions,
): Promise<BackupMade> {
  requireOwn(tools.store.instances.find(ref), 'create-backup');
  using held = await holdInstance(tools, ref, 'create-backup', {
    state: 'backing_up',
    ...options,
  });
  const { instance } = held;
  const set = new BackupSet(backupRoot(tools, request.directory), instance.id);
  await makeDirectories(tools, set);
  const id = newBackupId(new Date(), randomBytes(2).toString('hex'));
  const job: Job = {
    tools,
    instance,
    set,
    id,
    work: await temporaryFor(set.pathOf(id)),
    checkpoint: checkpointName(tagOf(set), id),
    disks: ownDisks(instance).filter(({ isReadOnly }) => !isReadOnly),
    options,
  };
  return await tools.slots.run('snapshots', () => withNote(job, request), options);
}

async function withNote(job: Job, request: BackupRequest): Promise<BackupMade> {
  const { tools, instance, work, checkpoint } = job;
  const { directory } = instancePaths(tools.paths.instances, instance.id);
  const domain = await tools.libvirt.findDomain(instance);
  const isStartedForThis = !(await isOn(domain));
  await writeWorkNote(directory, { ...NO_WORK, unfinished: [work], checkpoint, isStartedForThis });
  let isKept = false;
  try {
    const made = await make(job, request, isStartedForThis);
    isKept = true;
    return made;
  } finally {
    if (isStartedForThis) await switchOff(job);
    if (!isKept) await forgetCheckpoint(tools, instance, checkpoint);
    await rm(work, { recursive: true, force: true });
    await removeWorkNote(directory);
  }
}

async function make(job: Job, request: BackupRequest, isOff: boolean): Promise<BackupMade> {
  const { tools, instance, set, id, work } = job;
  const ground: Ground = request.full === true ? { why: null } : await groundOf(job, isOff);
  await mkdir(work, { mode: 0o711 });
  if (isOff) await startStill(job);
  const pushed = await pushOnGround(job, ground);
  if (isOff) await switchOff(job); // its bitmaps are in its files now
  const manifest: BackupManifest = {
    id,
    novalet: tools.version,
    instance: { id: instance.id, name: instance.name },
    createdAt: new Date().toISOString(),
    parent: pushed.parent?.id ?? null,
    checkpoint: job.checkpoint,
    consistency: isOff ? 'off' : pushed.consistency,
    disks: await describe(job, pushed.parent),
  };
  await writeFile(join(work, BACKUP_MANIFEST), writeBackupManifest(manifest), { mode: 0o600, flag: 'wx' });
  await sync(join(work, BACKUP_MANIFEST));
  await told(job.options, 'keep', 'keeping the backup', async () => {
    await publish(work, set.pathOf(id));
    await forgetOlder(job);
  });
  const { leftOut } = exportedRecord(instance, instance.vmState, snapshotsOf(tools, instance));
  return { ...viewOf(set, manifest), why: pushed.why, leftOut };
}

/** The backup here from which on the disks' changes are known: the newest, unless it was removed. */
async function groundOf({ tools, instance, set, disks }: Job, isOff: boolean): Promise<Ground> {
  const all = await set.list();
  const last = all.at(-1);
  if (last === undefined) return { why: null };
  const known = await ownCheckpoints(tools, instance);
  const newest = all.findLast(({ checkpoint }) => checkpoint !== null && known.includes(checkpoint));
  if (newest === undefined) return { why: `libvirt knows no checkpoint of the backup ${last.id}` };
  if (!isOff) return { parent: newest };
  const { directory } = instancePaths(tools.paths.instances, instance.id);
  for (const { fileName, format } of disks) {
    if (format !== 'qcow2' || !newest.disks.some((disk) => disk.fileName === fileName)) continue;
    const bitmaps = await wholeBitmaps(join(directory, fileName));
    if (bitmaps.some((bitmap) => bitmap === newest.checkpoint)) continue;
    return { why: `what changed in ${fileName} since the backup ${newest.id} was not kept` };
  }
  return { parent: newest };
}

interface Pushed {
  readonly parent: BackupManifest | undefined;
  readonly consistency: Consistency;
  readonly why: string | null;
}

/** A chain that QEMU finds broken ends here: a full backup begins another one. */
async function pushOnGround(job: Job, ground: Ground): Promise<Pushed> {
  if (!('parent' in ground)) return { ...(await push(job, undefined)), parent: undefined, why: ground.why };
  const { parent } = ground;
  try {
    return { ...(await push(job, parent)), parent, why: null };
  } catch (error) {
    if (!isFault(error, 'DOMAIN_CHECKPOINT_INCONSISTENT', 'DOMAIN_CHECKPOINT_NOT_FOUND')) throw error;
    const why = `what changed since the backup ${parent.id} is not known any more: ${asFault(error).message}`;
    await forgetCheckpoint(job.tools, job.instance, job.checkpoint);
    return { ...(await push(job, undefined)), parent: undefined, why };
  }
}

async function push(
  { tools, instance, work, checkpoint, disks, options }: Job,
  parent: BackupManifest | undefined,
): Promise<Pick<Pushed, 'consistency'>> {
  const { signal } = options;
  const wish = { quiesce: 'try' as const, deadlineMs: FREEZE_DEADLINE_MS, signal, tell: () => undefined };
  const request = {
    disks: disks.map((disk) => ({
      target: disk.target,
      file: join(work, `${disk.fileName}.qcow2`),
      format: 'qcow2' as const,
      since: isIncrement(disk, parent) ? (parent?.checkpoint ?? undefined) : undefined,
    })),
    checkpoint: {
      name: checkpoint,
      targets: disks.filter(({ format }) => format === 'qcow2').map(({ target }) => target),
    },
  };
  return await told(options, 'copy-disks', 'copying the disks', async (report) => {
    const { result, consistency } = await atOneMoment(tools, instance, wish, () =>
      PushJob.begin(tools, instance, request),
    );
    await using job = result;
    report.bytes(0);
    await job.finished({ signal, onProgress: report.bytes });
    return { consistency };
  });
}

/** Only a qcow2 keeps a bitmap when nobody runs it, and only one that the parent has can be told by its changes. */
function isIncrement({ fileName, target, format }: OwnDisk, parent: BackupManifest | undefined): boolean {
  if (format !== 'qcow2' || parent === undefined) return false;
  return parent.disks.some((disk) => disk.fileName === fileName && disk.target === target);
}

/** QEMU's user wrote the files; they are for nobody else to read. */
async function describe(
  { disks, work }: Job,
  parent: BackupManifest | undefined,
): Promise<readonly BackupDisk[]> {
  const described: BackupDisk[] = [];
  for (const disk of disks) {
    const path = join(work, `${disk.fileName}.qcow2`);
    await chown(path, process.geteuid?.() ?? 0, process.getegid?.() ?? 0);
    await chmod(path, 0o600);
    if (isIncrement(disk, parent)) await forgetBacking(path); // libvirt names the disk itself there
    await sync(path);
    const [{ size }, { virtualSizeBytes }] = [await stat(path), await inspectImage(path)];
    const { fileName, target } = disk;
    const sha256 = await digestOf(path);
    described.push({
      fileName,
      target,
      isIncrement: isIncrement(disk, parent),
      bytes: size,
      virtualSizeBytes,
      sha256,
    });
  }
  return described;
}

/** Later backups here build on this one alone. Other directories' checkpoints stay. */
async function forgetOlder({ tools, instance, set, checkpoint }: Job): Promise<void> {
  const prefix = checkpointName(tagOf(set), '');
  for (const name of await ownCheckpoints(tools, instance)) {
    if (name !== checkpoint && name.startsWith(prefix)) await forgetCheckpoint(tools, instance, name);
  }
}

/** QEMU opens the disks, and nothing of the guest runs. */
async function startStill({ tools, instance, options }: Job): Promise<void> {
  await wakeNetworks(tools, instance, options.signal);
  const domain = (await tools.libvirt.findDomain(instance)) ?? (await defineAgain(tools, instance));
  const stage = {
    stage: `the domain ${instance.domainName} to start, standing still`,
    timeoutMs: START_MS, // and no signal: what starts after we left would run on
  };
  await inStage(tools, instance, stage, () => domain.start({ paused: true }));
}

async function switchOff({ tools, instance }: Job): Promise<void> {
  const domain = await tools.libvirt.findDomain(instance);
  if (domain !== undefined && (await isOn(domain))) await pullThePlug(tools, instance, domain);
}

/** QEMU's user passes through and does not look around. Throws `BACKUP_PLACE_CLOSED`. */
async function makeDirectories({ settings }: Tools, { directory }: BackupSet): Promise<void> {
  await onHost(directory, () => makeDirectory(directory, 0o711));
  if (!isSessionMode(settings)) {
    const { closedWay } = await import('../../host/index.ts');
    const closed = await closedWay(directory);
    if (closed !== undefined) throw placeClosed(closed.user, closed.directories);
  }
  await sweepTemporaries(directory);
}

/** Of a directory: each has checkpoints of its own. */
function tagOf({ directory }: BackupSet): string {
  return createHash('sha256').update(directory).digest('hex').slice(0, 8);
}
