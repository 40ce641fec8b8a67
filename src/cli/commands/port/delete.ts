// novalet port delete PORT…
import { actOnEach } from '../../each.ts';
import type { Define } from '../../registry.ts';

export const deletePorts: Define = (command, session) => {
  command.argument('<port...>', 'names or ids of ports').action(async (refs: readonly string[]) => {
    await actOnEach(session, refs, 'Deleted', async (compute, ref) => {
      const { id, name } = await compute.ports.show(ref);
      await compute.ports.remove(id);
      return { id, name, status: 'deleted' };
    });
  });
};
