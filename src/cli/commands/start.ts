// novalet start INSTANCE…
import { actOnEach } from '../each.ts';
import { INSTANCES } from '../operands.ts';
import { instanceRecord } from '../records.ts';
import type { Define } from '../registry.ts';

export const start: Define = (command, session) => {
  command.argument('<instance...>', INSTANCES).action(async (refs: readonly string[]) => {
    await actOnEach(session, refs, 'Started', async (compute, ref, options) => {
      await compute.start(ref, options);
      return instanceRecord(await compute.show(ref));
    });
  });
};
