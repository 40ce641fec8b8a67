// novalet release INSTANCE…
import { actOnEach } from '../each.ts';
import { INSTANCES } from '../operands.ts';
import type { Define } from '../registry.ts';

export const release: Define = (command, session) => {
  command
    .description('Forget adopted instances. Their domains stay as they are, running or not.')
    .argument('<instance...>', INSTANCES)
    .action(async (refs: readonly string[]) => {
      await actOnEach(session, refs, 'Released', async (compute, ref, options) => {
        const { id, name, domainName } = await compute.release(ref, options);
        return { id, name, domain_name: domainName };
      });
    });
};
