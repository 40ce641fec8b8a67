// Standalone copies of an instance's disks as they were at one moment, in a directory of its own.
import { join } from 'node:path';
import type { Instance } from '../../model/index.ts';
import { convertImage, measureBytes, type QemuFile, requireSpace } from '../../storage/index.ts';
import { PushJob } from '../backups/push-job.ts';
import type { ActOptions } from '../compute.ts';
import { told } from '../emit-step.ts';
import { instancePaths } from '../paths.ts';
import { atOneMoment, FREEZE_DEADLINE_MS } from '../snapshots/one-moment.ts';
import type { Consistency } from '../snapshots/requests.ts';
import type { Tools } from '../tools.ts';

/** A disk that a guest may write to, or a copy of an image beneath it. */
export interface OwnDisk {
  readonly fileName: string;
  readonly target: string;
  readonly format: 'qcow2' | 'raw';
  /** Nobody writes to it, running or not. */
  readonly isReadOnly: boolean;
}

export interface CopyRequest {
  readonly disks: readonly OwnDisk[];
  /** Beneath the instance's directory, so that QEMU gets through to it. */
  readonly directory: string;
  readonly compress: boolean;
}

export interface CopiedDisks {
  readonly consistency: Consistency;
  /** Why a running guest's filesystems were not frozen; null where they were, or nothing ran. */
  readonly why: string | null;
}

/** All disks of the instance that are copied; drives with documents and agents are files as they are. */
export function ownDisks({ disks, volumes }: Pick<Instance, 'disks' | 'volumes'>): readonly OwnDisk[] {
  const launched = disks.flatMap(({ role, fileName, target, format, device }) =>
    role === 'config' || role === 'agent'
      ? []
      : [{ fileName, target, format, isReadOnly: device === 'cdrom' }],
  );
  const attached = volumes.flatMap(({ source, target, readOnly }) =>
    source?.kind === 'own'
      ? [{ fileName: source.fileName, target, format: source.format, isReadOnly: readOnly }]
      : [],
  );
  return [...launched, ...attached];
}

/** Of a domain that is off. */
export async function copyStoppedDisks(
  tools: Tools,
  instance: Instance,
  request: CopyRequest,
  options: ActOptions,
): Promise<CopiedDisks> {
  const { disks, directory, compress } = request;
  const { signal } = options;
  const files = disks.map((disk) => ({ disk, file: fileOf(tools, instance, disk) }));
  let need = 0;
  for (const { file } of files) need += await measureBytes(file, { signal });
  await requireSpace(directory, need, `a copy of the disks of ${instance.name}`);
  for (const { disk, file } of files)
    await convert(file, join(directory, disk.fileName), { compress, options });
  return { consistency: 'off', why: null };
}

/** Of a running or paused one, as they are at one moment; with the guest's filesystems frozen where that can be had. */
export async function copyRunningDisks(
  tools: Tools,
  instance: Instance,
  request: CopyRequest,
  options: ActOptions,
): Promise<CopiedDisks> {
  const { disks, directory, compress } = request;
  const { signal } = options;
  const written = disks.filter(({ isReadOnly }) => !isReadOnly);
  const placeOf = (disk: OwnDisk) => join(directory, compress ? `${disk.fileName}.whole` : disk.fileName);
  const pushed = written.map((disk) => ({
    target: disk.target,
    file: placeOf(disk),
    format: 'qcow2' as const,
  }));
  const wish = { quiesce: 'try' as const, deadlineMs: FREEZE_DEADLINE_MS, signal, tell: () => undefined };
  const moment = await told(options, 'copy-disks', 'copying the disks', async (report) => {
    const { result, ...of } = await atOneMoment(tools, instance, wish, () =>
      PushJob.begin(tools, instance, { disks: pushed }),
    );
    await using job = result;
    report.bytes(0);
    await job.finished({ signal, onProgress: report.bytes });
    return of;
  });
  const from = (disk: OwnDisk): QemuFile =>
    disk.isReadOnly ? fileOf(tools, instance, disk) : { path: placeOf(disk), format: 'qcow2' };
  for (const disk of disks) {
    if (!disk.isReadOnly && !compress) continue;
    await convert(from(disk), join(directory, disk.fileName), { compress, options });
  }
  return moment;
}

function fileOf(tools: Tools, { id }: Instance, { fileName, format }: OwnDisk): QemuFile {
  return { path: join(instancePaths(tools.paths.instances, id).directory, fileName), format };
}

async function convert(
  from: QemuFile,
  path: string,
  { compress, options }: { readonly compress: boolean; readonly options: ActOptions },
): Promise<void> {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const { signal } = options;
  await told(options, `copy-${name}`, `copying ${name}`, ({ fraction }) =>
    convertImage(from, { path, format: 'qcow2' }, { signal, compress, onProgress: fraction }),
  );
}
