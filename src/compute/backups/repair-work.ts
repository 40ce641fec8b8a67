// What a process that died in an export or a backup left: its job in QEMU, a domain that was started for it, its checkpoint,
// and files outside the instance's directory. Each step may find that there is nothing to do any more.
import { rm } from 'node:fs/promises';
import type { Instance } from '../../model/index.ts';
import { isThere } from '../../storage/index.ts';
import { instancePaths } from '../paths.ts';
import { pullThePlug } from '../power.ts';
import { isOn } from '../power-state.ts';
import { endCopies } from '../snapshots/end-copies.ts';
import type { Tools } from '../tools.ts';
import { forgetCheckpoint } from './checkpoints.ts';
import { putInPlace, recordSizes } from './replaced-disks.ts';
import { readWorkNote, removeWorkNote } from './work-note.ts';

export async function repairWork(tools: Tools, instance: Instance): Promise<void> {
  const { directory } = instancePaths(tools.paths.instances, instance.id);
  const note = await readWorkNote(directory);
  if (note === undefined) return;
  const domain = await tools.libvirt.findDomain(instance);
  const isFinished = note.unfinished.length > 0 && !(await isThere(note.unfinished[0] ?? ''));
  if (domain !== undefined) {
    if (await isOn(domain)) await endCopies(tools, instance, domain);
    if (note.checkpoint !== null && !isFinished) await forgetCheckpoint(tools, instance, note.checkpoint);
    if (note.isStartedForThis) await pullThePlug(tools, instance, domain);
  }
  if (note.replacing.length > 0) {
    await putInPlace(directory, note.replacing);
    await recordSizes(tools, instance, note.replacing);
  }
  for (const path of note.unfinished) await rm(path, { recursive: true, force: true });
  await removeWorkNote(directory);
}
