// After a process died while it changed what is in a CD drive, grew a disk or renamed an instance; which, nobody wrote down.
import type { Instance } from '../../model/index.ts';
import { repairDisks } from '../disks/repair.ts';
import { repairChanging as repairName } from '../life/rename.ts';
import type { Tools } from '../tools.ts';

export async function repairChanging(tools: Tools, instance: Instance): Promise<void> {
  await repairDisks(tools, instance);
  await repairName(tools, tools.store.instances.find(instance.id));
}
