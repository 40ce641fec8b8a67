// novalet flavor remove FLAVOR…
import { actOnEach } from '../../each.ts';
import type { Define } from '../../registry.ts';

export const removeFlavors: Define = (command, session) => {
  command.argument('<flavor...>', 'names of flavors').action(async (names: readonly string[]) => {
    await actOnEach(session, names, 'Removed', async (compute, name) => {
      await compute.flavors.remove(name);
      return { name, status: 'deleted' };
    });
  });
};
