// novalet suspend INSTANCE…
import { actOnEach } from '../each.ts';
import { INSTANCES } from '../operands.ts';
import { instanceRecord } from '../records.ts';
import type { Define } from '../registry.ts';

export const suspend: Define = (command, session) => {
  command
    .description(
      'Write the memory of running instances to disk and end their domains; resume goes on from there, also after the host restarted.',
    )
    .argument('<instance...>', INSTANCES)
    .action(async (refs: readonly string[]) => {
      await actOnEach(session, refs, 'Suspended', async (compute, ref, options) => {
        await compute.suspend(ref, options);
        return instanceRecord(await compute.show(ref));
      });
    });
};
