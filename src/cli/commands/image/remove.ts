// novalet image remove IMAGE…
import { actOnEach } from '../../each.ts';
import type { Define } from '../../registry.ts';

export const removeImages: Define = (command, session) => {
  command.argument('<image...>', 'names or ids of images').action(async (refs: readonly string[]) => {
    await actOnEach(session, refs, 'Removed', async (compute, ref) => {
      const { id, name } = await compute.images.show(ref);
      await compute.images.remove(id);
      return { id, name, status: 'deleted' };
    });
  });
};
