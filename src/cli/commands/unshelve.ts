// novalet unshelve INSTANCE…
import { actOnEach } from '../each.ts';
import { INSTANCES } from '../operands.ts';
import { instanceRecord } from '../records.ts';
import type { Define } from '../registry.ts';

export const unshelve: Define = (command, session) => {
  command
    .description('Build shelved instances again, where they fit on the host, and start them.')
    .argument('<instance...>', INSTANCES)
    .action(async (refs: readonly string[]) => {
      await actOnEach(session, refs, 'Unshelved', async (compute, ref, options) => {
        await compute.unshelve(ref, options);
        return instanceRecord(await compute.show(ref));
      });
    });
};
