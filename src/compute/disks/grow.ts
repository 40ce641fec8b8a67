// Growing a disk: of a running guest by QEMU, which tells the guest; of one that is off by qemu-img. Then, where it is wished,
// the partition at its end and the filesystem on it, inside. Never shrinks: what lies at the end of a disk would be lost.
import { Fault, formatBytes } from '../../base/index.ts';
import type { Instance } from '../../model/index.ts';
import { growDisk as growFile, readImageInfo } from '../../storage/index.ts';
import { holdInstance } from '../holding.ts';
import { inStage } from '../life/in-stage.ts';
import { requireOwn } from '../state-conflict.ts';
import type { Tools } from '../tools.ts';
import type { GrowDiskOptions, GrownDisk, GrowStep } from './disk-requests.ts';
import { checkedSize } from './disk-size.ts';
import { diskAt, type ShownDomain, showDomain, sourcePath } from './domain-disks.ts';
import { findDisk, notAttached } from './find-volume.ts';
import { inStep } from './in-step.ts';
import { ownFilePath } from './make-source.ts';

const GROW_TIMEOUT_MS = 120_000;

interface Growing {
  readonly target: string;
  /** What qemu-img works on while the domain is off. */
  readonly file: { readonly path: string; readonly format: 'qcow2' | 'raw' } | null;
}

export async function growDisk(
  tools: Tools,
  ref: string,
  wish: { readonly disk: string; readonly sizeBytes: number },
  options: GrowDiskOptions,
): Promise<GrownDisk> {
  const { filesystem = false } = options;
  const toBytes = checkedSize(wish.sizeBytes);
  using held = await holdInstance(tools, ref, 'grow-disk', { state: 'changing', ...options });
  const { instance } = held;
  const shown = await showDomain(tools, instance);
  const growing = growable(tools, instance, shown, wish.disk);
  const { target } = growing;
  const fromBytes = await sizeOf(instance, shown, growing);
  if (toBytes < fromBytes) throw shrinks(instance, target, { fromBytes, toBytes });
  if (toBytes > fromBytes) {
    await inStep(options, 'disk-grow', () => grow(tools, instance, shown, { ...growing, toBytes }));
    await inStep(options, 'disk-size', () => recordSize(tools, instance, target, toBytes));
  }
  const inside = filesystem
    ? await growInside(tools, instance, shown, { target, sizeBytes: toBytes, options })
    : [];
  return { target, fromBytes, toBytes, inside };
}

/** Throws `DISK_NOT_ATTACHED` and `DISK_NOT_GROWABLE`. */
function growable(tools: Tools, instance: Instance, shown: ShownDomain, word: string): Growing {
  if (instance.adoption !== null && !instance.volumes.some(({ target }) => target === word)) {
    const disk = diskAt(shown.live ?? shown.definition, word);
    if (disk === undefined) throw notAttached(instance, word);
    if (shown.live === null) requireOwn(instance, 'grow-disk'); // nobody opens a file that is not novalet's
    if (sourcePath(disk) === null)
      throw notGrowable(instance, word, 'it is on a server, which decides its size');
    return { target: word, file: null };
  }
  const found = findDisk(instance, word);
  if (found.kind === 'launched') {
    const { disk } = found;
    if (disk.device !== 'disk' || disk.role === 'config' || disk.role === 'agent')
      throw notGrowable(instance, disk.target, 'the guest only reads it');
    return {
      target: disk.target,
      file: { path: ownFilePath(tools, instance, disk.fileName), format: disk.format },
    };
  }
  const { target, source, readOnly } = found.volume;
  if (readOnly) throw notGrowable(instance, target, 'the guest only reads it');
  switch (source?.kind) {
    case 'own':
      return { target, file: { path: ownFilePath(tools, instance, source.fileName), format: source.format } };
    case 'file':
      return { target, file: { path: source.path, format: source.format } };
    case 'block':
      if (shown.live === null) throw notGrowable(instance, target, 'its device decides its size');
      return { target, file: null };
    default:
      throw notGrowable(instance, target, 'its server decides its size');
  }
}

async function sizeOf(
  instance: Instance,
  { domain, live }: ShownDomain,
  { target, file }: Growing,
): Promise<number> {
  if (domain !== null && diskAt(live, target) !== undefined)
    return (await domain.block.info(target)).capacity;
  if (file !== null) return (await readImageInfo(file)).virtualSizeBytes;
  throw notAttached(instance, target);
}

async function grow(
  tools: Tools,
  instance: Instance,
  { domain, live }: ShownDomain,
  { target, file, toBytes }: Growing & { readonly toBytes: number },
): Promise<void> {
  // No signal: a disk is as it was or grown, and whoever asked is told which.
  const stage = `disk ${target} of ${instance.name} to grow`;
  await inStage(tools, instance, { stage, timeoutMs: GROW_TIMEOUT_MS }, async () => {
    if (domain !== null && diskAt(live, target) !== undefined) await domain.block.resize(target, toBytes);
    else if (file !== null) await growFile(file, toBytes);
  });
}

function recordSize(tools: Tools, { id }: Instance, target: string, sizeBytes: number): void {
  tools.store.instances.change(id, (current) => ({
    ...current,
    disks: current.disks.map((disk) => (disk.target === target ? { ...disk, sizeBytes } : disk)),
    volumes: current.volumes.map((volume) =>
      volume.target === target && volume.sizeBytes !== null ? { ...volume, sizeBytes } : volume,
    ),
  }));
}

async function growInside(
  tools: Tools,
  instance: Instance,
  { live }: ShownDomain,
  {
    target,
    sizeBytes,
    options,
  }: { readonly target: string; readonly sizeBytes: number; readonly options: GrowDiskOptions },
): Promise<readonly GrowStep[]> {
  if (live === null) {
    const why = 'the guest is off; most systems do it themselves when they start';
    return [{ what: 'guest', name: instance.name, outcome: 'not-done', why }];
  }
  const { growInGuest } = await import('./grow-inside.ts');
  return await growInGuest(tools, instance, { target, sizeBytes }, options);
}

function shrinks(
  { name }: Instance,
  target: string,
  { fromBytes, toBytes }: { readonly fromBytes: number; readonly toBytes: number },
): Fault {
  return new Fault(
    'invalid',
    'DISK_CANNOT_SHRINK',
    `Disk ${target} of ${name} has ${formatBytes(fromBytes)}, and ${formatBytes(toBytes)} is less: disks never shrink`,
    { hint: 'Give a larger size, or attach a smaller disk and copy.', details: { fromBytes, toBytes } },
  );
}

function notGrowable({ name }: Instance, target: string, why: string): Fault {
  return new Fault('unsupported', 'DISK_NOT_GROWABLE', `Disk ${target} of ${name} cannot grow: ${why}`, {
    hint: "Files and novalet's own disks can; where a device or a server decides, grow it there first.",
  });
}
