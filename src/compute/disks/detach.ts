// Taking a disk off an instance: from the definition, then from the guest, which has to let it go (devices/detach-device.ts);
// then from the record. The file of a disk of its own stays unless it is to go too. No server is asked for anything.
import { Fault, isFault } from '../../base/index.ts';
import type { Instance, Volume } from '../../model/index.ts';
import { rememberDefinition } from '../adopted-definition.ts';
import { detachDevice } from '../devices/detach-device.ts';
import { holdInstance } from '../holding.ts';
import { diagnoseStage } from '../life/diagnosis.ts';
import type { Tools } from '../tools.ts';
import { forgetVolume } from './attach.ts';
import { requireHot } from './choose-place.ts';
import type { DetachDiskOptions, DetachedDisk } from './disk-requests.ts';
import { isVolume, showDomain } from './domain-disks.ts';
import { findDisk, findVolume } from './find-volume.ts';
import { inStep } from './in-step.ts';
import { findKept, keptFileName, ownFilePath, removeOwnFile } from './make-source.ts';

/** Nova's: eight times of 20 s. */
const TIMEOUT_MS = 160_000;
const TRY_MS = 20_000;

export async function detachDisk(
  tools: Tools,
  ref: string,
  disk: string,
  options: DetachDiskOptions,
): Promise<DetachedDisk> {
  const { remove = false } = options;
  using held = await holdInstance(tools, ref, 'detach-disk', { state: 'detaching', ...options });
  const { instance } = held;
  if (remove && findVolume(instance, disk) === undefined) {
    const kept = await keptNamed(tools, instance, disk);
    if (kept !== undefined) return await removeKept(tools, instance, kept);
  }
  const volume = detachable(instance, disk);
  const shown = await showDomain(tools, instance);
  if (shown.live !== null) requireHot(volume, instance);
  await inStep(options, 'disk-unplug', () => letGo(tools, instance, volume, options));
  await inStep(options, 'disk-forget', () => forgetVolume(tools, instance, volume.id));
  if (instance.adoption !== null && shown.domain !== null)
    await rememberDefinition(tools, instance, shown.domain);
  const { source } = volume;
  const isKept = source?.kind === 'own' && volume.device !== 'cdrom' && !remove;
  if (!isKept) await removeOwnFile(tools, instance, source);
  const keptFile = isKept ? ownFilePath(tools, instance, source.fileName) : null;
  return { id: volume.id, target: volume.target, keptFile };
}

async function letGo(
  tools: Tools,
  instance: Instance,
  volume: Volume,
  { timeoutMs = TIMEOUT_MS, ...options }: DetachDiskOptions,
): Promise<void> {
  const device = { what: `disk ${volume.target}`, isIt: isVolume(volume) };
  const tries = Math.max(1, Math.ceil(timeoutMs / TRY_MS));
  const tryTimeoutMs = Math.min(timeoutMs, TRY_MS);
  try {
    await detachDevice(tools, instance, device, { ...options, tries, tryTimeoutMs });
  } catch (error) {
    if (!isFault(error, 'DEVICE_NOT_DETACHED')) throw error;
    const { kind, code, message, hint = '', outcome, cause } = error;
    const details = {
      stage: `disk ${volume.target} to be let go`,
      ...(await diagnoseStage(tools, instance)),
    };
    throw new Fault(kind, code, message, { hint, outcome, cause, details });
  }
}

/** Throws `DISK_NOT_ATTACHED` and, for what the instance was launched with, `DISK_NOT_DETACHABLE`. */
function detachable(instance: Instance, word: string): Volume {
  const found = findDisk(instance, word);
  if (found.kind === 'volume') return found.volume;
  const { disk } = found;
  const isDrive = disk.device === 'cdrom';
  throw new Fault(
    'unsupported',
    'DISK_NOT_DETACHABLE',
    `Disk ${disk.target} is what ${instance.name} was launched with: its ${disk.role} disk`,
    {
      hint: isDrive
        ? `What is in the drive can be taken out: novalet disk eject ${instance.name} ${disk.target}`
        : 'Only disks that were attached later can be detached.',
    },
  );
}

async function keptNamed(tools: Tools, instance: Instance, word: string): Promise<string | undefined> {
  try {
    return await findKept(tools, instance, word);
  } catch (error) {
    if (isFault(error, 'DISK_NOT_KEPT')) return undefined;
    throw error;
  }
}

async function removeKept(tools: Tools, instance: Instance, id: string): Promise<DetachedDisk> {
  await removeOwnFile(tools, instance, { kind: 'own', fileName: keptFileName(id), format: 'qcow2' });
  return { id, target: '', keptFile: null };
}
