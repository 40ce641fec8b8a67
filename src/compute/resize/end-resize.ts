// The two ends of a resize: it stays, or it is taken back.
import { join } from 'node:path';
import { delay, Fault } from '../../base/index.ts';
import type { Domain } from '../../libvirt/index.ts';
import type { Disk, Instance } from '../../model/index.ts';
import { type QemuFile, readImageInfo, rebaseDisk } from '../../storage/index.ts';
import type { ActOptions } from '../compute.ts';
import { holdInstance } from '../holding.ts';
import { inStage } from '../life/in-stage.ts';
import { diskPath, instancePaths } from '../paths.ts';
import { powerStateOf } from '../power-state.ts';
import { observedState } from '../reconcile.ts';
import { setState } from '../set-state.ts';
import type { Tools } from '../tools.ts';
import { goBack } from './go-back.ts';
import { keptDirectory, removeKept } from './kept-files.ts';
import { goesOn } from './resized-disks.ts';
import { inStep, isOn, RESIZE_WORDS } from './steps.ts';

const MERGE_TIMEOUT_MS = 2 * 3600_000;
const LOOK_MS = 200;

export async function revertResize(tools: Tools, ref: string, options: ActOptions): Promise<void> {
  using held = await holdInstance(tools, ref, 'resize-revert', {
    state: 'resize_reverting',
    ...options,
  });
  await goBack(tools, held.instance, options);
}

/** Until the record forgets the resize, a disk lies over the kept one or over what that lay over: both are whole. */
export async function confirmResize(tools: Tools, ref: string, options: ActOptions): Promise<void> {
  using held = await holdInstance(tools, ref, 'resize-confirm', {
    state: 'resize_confirming',
    ...options,
  });
  const { instance } = held;
  await inStep(options, 'merge-disks', async () => {
    const merging = instance.resize?.disks.filter(goesOn) ?? [];
    if (merging.length > 0)
      await tools.slots.run('snapshots', () => mergeAll(tools, instance, merging, options), options);
  });
  const power = await powerStateOf(await tools.libvirt.findDomain(instance));
  const vmState = observedState({ ...instance, vmState: 'active' }, power);
  // the task stays with it until the kept files are gone
  tools.store.instances.change(instance.id, (current) => ({ ...current, resize: null, vmState }));
  await inStep({ ...options, signal: undefined }, 'remove-kept', () => finishConfirm(tools, instance));
  setState(tools, instance, vmState);
}

/** Also where a process died in between. */
export async function finishConfirm(tools: Tools, instance: Instance): Promise<void> {
  await removeKept(instancePaths(tools.paths.instances, instance.id).directory);
}

async function mergeAll(
  tools: Tools,
  instance: Instance,
  disks: readonly Disk[],
  options: ActOptions,
): Promise<void> {
  for (const disk of disks) await merge(tools, instance, disk, options);
}

/** Puts a disk over what its kept one lies over, with all that it has from there in itself. */
async function merge(tools: Tools, instance: Instance, before: Disk, options: ActOptions): Promise<void> {
  const paths = instancePaths(tools.paths.instances, instance.id);
  const now = instance.disks.find(({ fileName }) => fileName === before.fileName);
  if (now === undefined) return;
  const kept = join(keptDirectory(paths.directory), before.fileName);
  const disk: QemuFile = { path: diskPath(paths, now), format: now.format };
  if (!(await liesOver(disk, kept))) return;
  const base = await baseOf({ path: kept, format: before.format });
  const domain = await tools.libvirt.findDomain(instance);
  if (domain !== undefined && (await isOn(tools, instance)))
    await mergeLive({ tools, instance, domain, target: now.target, base }, options);
  // the guest may have gone off by itself, and its job with it
  if (await liesOver(disk, kept)) await mergeOff({ tools, instance, disk, base }, options);
}

async function liesOver(disk: QemuFile, kept: string): Promise<boolean> {
  return (await readImageInfo(disk)).backingFile === kept;
}

async function baseOf(kept: QemuFile): Promise<QemuFile | null> {
  const { backingFile: path, backingFormat: format } = await readImageInfo(kept);
  if (path === null) return null;
  if (format === 'raw' || format === 'qcow2') return { path, format };
  throw new Fault(
    'corrupt',
    'DISK_BASE_UNKNOWN',
    `${kept.path} does not say in which format its base is: ${path}`,
    {
      hint: 'It was not made by novalet. Take the resize back, or look with qemu-img info.',
      details: { path, format: format ?? '' },
    },
  );
}

interface LiveMerge {
  readonly tools: Tools;
  readonly instance: Instance;
  readonly domain: Domain;
  readonly target: string;
  readonly base: QemuFile | null;
}

/** Of a killed process's merge the job goes on in QEMU: then that one is waited for. */
async function mergeLive(
  { tools, instance, domain, target, base }: LiveMerge,
  options: ActOptions,
): Promise<void> {
  if ((await domain.block.job(target)) === undefined)
    await domain.block.rebase(target, base === null ? {} : { base: base.path });
  const stage = { stage: `disk ${target} of ${instance.name} to be merged`, timeoutMs: MERGE_TIMEOUT_MS };
  await inStage(tools, instance, { ...stage, signal: options.signal }, async (signal) => {
    for (;;) {
      if (!(await isOn(tools, instance))) return;
      const job = await domain.block.job(target);
      if (job === undefined) return;
      tell(options, job.end === 0 ? 0 : job.current / job.end);
      await delay(LOOK_MS, signal);
    }
  });
}

interface OffMerge extends Pick<LiveMerge, 'tools' | 'instance' | 'base'> {
  readonly disk: QemuFile;
}

async function mergeOff({ tools, instance, disk, base }: OffMerge, options: ActOptions): Promise<void> {
  if (await isOn(tools, instance)) {
    throw new Fault(
      'refused',
      'RESIZE_NOT_MERGED',
      `QEMU ended the merge of ${disk.path} before it was whole`,
      {
        hint: `Nothing is lost, and the resize can still be taken back. Is there space for the disk? Then again: novalet resize ${instance.name} --confirm`,
        details: { path: disk.path },
      },
    );
  }
  await rebaseDisk(disk, base, { signal: options.signal, onProgress: (fraction) => tell(options, fraction) });
}

function tell({ onProgress }: ActOptions, fraction: number): void {
  const done = Math.round(fraction * 100);
  const step = 'merge-disks';
  onProgress?.({ step, phase: 'progress', what: RESIZE_WORDS[step], done, total: 100, unit: 'percent' });
}
