// novalet delete INSTANCE…
import { actOnEach } from '../each.ts';
import { INSTANCES } from '../operands.ts';
import type { Define } from '../registry.ts';

export const deleteInstances: Define = (command, session) => {
  command
    .description('Remove instances, running or not, with their disks, ports and records. Does not ask.')
    .argument('<instance...>', INSTANCES)
    .action(async (refs: readonly string[]) => {
      await actOnEach(session, refs, 'Deleted', async (compute, ref, options) => {
        const { instance } = await compute.show(ref);
        await compute.delete(instance.id, options);
        return { id: instance.id, name: instance.name, status: 'DELETED' };
      });
    });
};
