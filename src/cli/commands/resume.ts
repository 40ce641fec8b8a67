// novalet resume INSTANCE…
import { actOnEach } from '../each.ts';
import { INSTANCES } from '../operands.ts';
import { instanceRecord } from '../records.ts';
import type { Define } from '../registry.ts';

export const resume: Define = (command, session) => {
  command
    .description(
      'Let suspended instances go on where they stood, and set their clocks where they have an agent.',
    )
    .argument('<instance...>', INSTANCES)
    .action(async (refs: readonly string[]) => {
      await actOnEach(session, refs, 'Resumed', async (compute, ref, options) => {
        await compute.resume(ref, options);
        return instanceRecord(await compute.show(ref));
      });
    });
};
