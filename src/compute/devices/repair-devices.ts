// After a process died while it attached or detached a disk, a network card or a shared folder; which of them it was, nobody
// wrote down.
import type { Instance } from '../../model/index.ts';
import { repairDisks } from '../disks/repair.ts';
import { repairPorts } from '../interfaces/repair-ports.ts';
import { repairShares } from '../shares/change-shares.ts';
import type { Tools } from '../tools.ts';

export async function repairDevices(tools: Tools, { id }: Instance): Promise<void> {
  await repairDisks(tools, tools.store.instances.find(id));
  await repairPorts(tools, tools.store.instances.find(id));
  await repairShares(tools, tools.store.instances.find(id));
}
