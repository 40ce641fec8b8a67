// novalet snapshot remove INSTANCE SNAPSHOT…
import { INSTANCE } from '../../operands.ts';
import type { Define } from '../../registry.ts';

export const removeSnapshots: Define = (command, session) => {
  command
    .argument('<instance>', INSTANCE)
    .argument('<snapshot...>', 'names of the snapshots')
    .action(async (ref: string, names: readonly string[]) => {
      for (const name of names) {
        await session.act((compute, act) => compute.snapshots.remove(ref, name, act));
        await session.note(`Removed snapshot ${name} of ${ref}`);
      }
    });
};
