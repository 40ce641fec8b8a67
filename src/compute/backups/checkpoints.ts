// A domain's checkpoints of ours, and the bitmaps in its disks that belong to them.
import { isFault } from '../../base/index.ts';
import type { Instance } from '../../model/index.ts';
import { removeBitmap } from '../../storage/index.ts';
import { diskPath, instancePaths } from '../paths.ts';
import { isOn } from '../power-state.ts';
import type { Tools } from '../tools.ts';

const PREFIX = 'novalet-';

/** `tag` tells directories of backups apart. Also the bitmaps' name. */
export function checkpointName(tag: string, backupId: string): string {
  return `${PREFIX}${tag}-${backupId}`;
}

/** Those of novalet's that libvirt knows, oldest first. */
export async function ownCheckpoints(tools: Tools, instance: Instance): Promise<readonly string[]> {
  const domain = await tools.libvirt.findDomain(instance);
  if (domain === undefined) return [];
  return (await domain.checkpoints.names()).filter((name) => name.startsWith(PREFIX));
}

/**
 * Has libvirt and the disks forget a checkpoint, of a domain that runs or is off; one that is not there, or only half, is
 * fine. Disks of a running domain keep a bitmap that libvirt cannot find its way to, until they are copied.
 */
export async function forgetCheckpoint(tools: Tools, instance: Instance, name: string): Promise<void> {
  const domain = await tools.libvirt.findDomain(instance);
  if (domain === undefined) return;
  const runs = await isOn(domain);
  try {
    await domain.checkpoints.delete(name, { metadataOnly: !runs });
  } catch (error) {
    if (!runs || !isFault(error) || error.kind === 'unavailable') {
      if (isFault(error, 'DOMAIN_CHECKPOINT_NOT_FOUND')) return;
      throw error;
    }
    if (isFault(error, 'DOMAIN_CHECKPOINT_NOT_FOUND')) return;
    tools.log.info({ err: error, checkpoint: name }, 'a checkpoint has lost its bitmap; it is forgotten');
    await domain.checkpoints.delete(name, { metadataOnly: true });
  }
  if (runs) return;
  const paths = instancePaths(tools.paths.instances, instance.id);
  for (const disk of instance.disks) {
    if (disk.format === 'qcow2' && disk.device === 'disk') await removeBitmap(diskPath(paths, disk), name);
  }
}

/** Of a domain that is off: before its disks are put in another state without QEMU seeing it. */
export async function forgetCheckpoints(tools: Tools, instance: Instance): Promise<void> {
  for (const name of await ownCheckpoints(tools, instance)) await forgetCheckpoint(tools, instance, name);
}
