// novalet template remove TEMPLATE…
import { actOnEach } from '../../each.ts';
import type { Define } from '../../registry.ts';

export const removeTemplates: Define = (command, session) => {
  command.argument('<template...>', 'names or ids of templates').action(async (refs: readonly string[]) => {
    await actOnEach(session, refs, 'Removed', async (compute, ref) => {
      const { id, name } = (await compute.templates.show(ref)).template;
      await compute.templates.remove(id);
      return { id, name, status: 'deleted' };
    });
  });
};
