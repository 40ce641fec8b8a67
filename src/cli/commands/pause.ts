// novalet pause INSTANCE…
import { actOnEach } from '../each.ts';
import { INSTANCES } from '../operands.ts';
import { instanceRecord } from '../records.ts';
import type { Define } from '../registry.ts';

export const pause: Define = (command, session) => {
  command
    .description(
      'Stop the processors of running instances; their memory stays where it is. A host that restarts loses it.',
    )
    .argument('<instance...>', INSTANCES)
    .action(async (refs: readonly string[]) => {
      await actOnEach(session, refs, 'Paused', async (compute, ref, options) => {
        await compute.pause(ref, options);
        return instanceRecord(await compute.show(ref));
      });
    });
};
