// The files of a clone: copies of the first's disks as they are at one moment, and what is a clone's own made anew.
import { copyFile, constants as fsConstants, mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoCode } from '../../base/index.ts';
import type { Disk, Instance } from '../../model/index.ts';
import {
  convertImage,
  measureBytes,
  type QemuFile,
  readImageInfo,
  requireSpace,
  temporaryFor,
} from '../../storage/index.ts';
import { PushJob } from '../backups/push-job.ts';
import type { ActOptions } from '../compute.ts';
import { type Report, told } from '../emit-step.ts';
import { makeMissingFiles } from '../make-files.ts';
import { diskPath, instancePaths } from '../paths.ts';
import { atOneMoment, FREEZE_DEADLINE_MS } from '../snapshots/one-moment.ts';
import type { Consistency } from '../snapshots/requests.ts';
import type { Tools } from '../tools.ts';

export interface CopiedFiles {
  readonly consistency: Consistency;
  readonly why: string | null;
}

export interface Pair {
  readonly source: Instance;
  readonly clone: Instance;
  /** Whether QEMU has the first's disks open. */
  readonly isOn: boolean;
}

interface Copying {
  readonly report: Report;
  readonly signal: AbortSignal | undefined;
}

/** Into the clone's directory, which is there. */
export async function makeCloneFiles(tools: Tools, pair: Pair, options: ActOptions): Promise<CopiedFiles> {
  const { source, clone } = pair;
  const from = instancePaths(tools.paths.instances, source.id);
  const to = instancePaths(tools.paths.instances, clone.id);
  const disks = source.disks.filter(({ role }) => role !== 'config' && role !== 'agent');
  await requireRoomFor(tools, pair, disks, options);
  const copied = await told(options, 'copy-disks', 'copying the disks', (report) =>
    (pair.isOn ? copyOn : copyOff)(tools, pair, disks, { report, signal: options.signal }),
  );
  const plain = [
    ...source.disks.filter(({ role }) => role === 'agent').map(({ fileName }) => fileName),
    'kernel',
    'ramdisk',
  ];
  for (const name of plain) await copyIfThere(join(from.directory, name), join(to.directory, name));
  await makeMissingFiles(tools, clone, options);
  return copied;
}

async function requireRoomFor(
  tools: Tools,
  { source, clone }: Pair,
  disks: readonly Disk[],
  { signal }: ActOptions,
): Promise<void> {
  let need = 0;
  for (const disk of disks) {
    const path = diskPath(instancePaths(tools.paths.instances, source.id), disk);
    need += await measureBytes({ path, format: disk.format }, { signal });
  }
  await requireSpace(tools.paths.instances, need, `the disks of ${clone.name}`);
}

/** A disk over a base of the cache stays one: what both have in common is stored once. */
async function copyOff(
  tools: Tools,
  { source, clone }: Pair,
  disks: readonly Disk[],
  { report, signal }: Copying,
): Promise<CopiedFiles> {
  const from = instancePaths(tools.paths.instances, source.id);
  const to = instancePaths(tools.paths.instances, clone.id);
  for (const disk of disks) {
    const file: QemuFile = { path: diskPath(from, disk), format: disk.format };
    const over = disk.format === 'qcow2' ? await cachedBase(tools, file) : undefined;
    await convertImage(
      file,
      { path: diskPath(to, disk), format: disk.format },
      { signal, over, onProgress: report.fraction },
    );
  }
  // A saved memory holds what its guest has not written yet.
  return { consistency: source.vmState === 'suspended' ? 'crash' : 'off', why: null };
}

async function cachedBase(tools: Tools, disk: QemuFile): Promise<QemuFile | undefined> {
  const { backingFile: path, backingFormat: format } = await readImageInfo(disk);
  if (path === null || dirname(path) !== tools.paths.base) return undefined;
  return format === 'raw' || format === 'qcow2' ? { path, format } : undefined;
}

/**
 * QEMU copies them while the guest runs on. The files lie in the first's directory until they are whole: by that a later
 * command knows whose job it is when this process dies.
 */
async function copyOn(
  tools: Tools,
  { source, clone }: Pair,
  disks: readonly Disk[],
  { report, signal }: Copying,
): Promise<CopiedFiles> {
  const from = instancePaths(tools.paths.instances, source.id);
  const to = instancePaths(tools.paths.instances, clone.id);
  const work = await temporaryFor(join(from.directory, 'clone'));
  await mkdir(work, { mode: 0o711 });
  try {
    const written = disks.filter(({ device }) => device !== 'cdrom');
    const pushed = written.map(({ target, fileName, format }) => ({
      target,
      file: join(work, fileName),
      format,
    }));
    const wish = {
      quiesce: 'try' as const,
      deadlineMs: FREEZE_DEADLINE_MS,
      signal,
      tell: () => undefined,
    };
    const { result, consistency, why } = await atOneMoment(tools, source, wish, () =>
      PushJob.begin(tools, source, { disks: pushed }),
    );
    {
      await using job = result;
      await job.finished({ signal, onProgress: report.bytes });
    }
    for (const disk of disks) {
      if (written.includes(disk)) await rename(join(work, disk.fileName), diskPath(to, disk));
      else await copyFile(diskPath(from, disk), diskPath(to, disk), fsConstants.COPYFILE_FICLONE);
    }
    return { consistency, why };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function copyIfThere(from: string, to: string): Promise<void> {
  try {
    await stat(from);
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return;
    throw error;
  }
  await copyFile(from, to, fsConstants.COPYFILE_FICLONE | fsConstants.COPYFILE_EXCL);
}
