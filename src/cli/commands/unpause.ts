// novalet unpause INSTANCE…
import { actOnEach } from '../each.ts';
import { INSTANCES } from '../operands.ts';
import { instanceRecord } from '../records.ts';
import type { Define } from '../registry.ts';

export const unpause: Define = (command, session) => {
  command
    .description(
      'Let the processors of paused instances go on, and set their clocks where they have an agent.',
    )
    .argument('<instance...>', INSTANCES)
    .action(async (refs: readonly string[]) => {
      await actOnEach(session, refs, 'Unpaused', async (compute, ref, options) => {
        await compute.unpause(ref, options);
        return instanceRecord(await compute.show(ref));
      });
    });
};
