// novalet network delete NETWORK…
import { actOnEach } from '../../each.ts';
import type { Define } from '../../registry.ts';

export const deleteNetworks: Define = (command, session) => {
  command.argument('<network...>', 'names of networks').action(async (names: readonly string[]) => {
    await actOnEach(session, names, 'Deleted', async (compute, name, options) => {
      await compute.networks.remove(name, options);
      return { name, status: 'deleted' };
    });
  });
};
