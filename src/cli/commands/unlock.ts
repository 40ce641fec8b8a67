// novalet unlock INSTANCE…
import { actOnEach } from '../each.ts';
import { INSTANCES } from '../operands.ts';
import { instanceRecord } from '../records.ts';
import type { Define } from '../registry.ts';

export const unlock: Define = (command, session) => {
  command.argument('<instance...>', INSTANCES).action(async (refs: readonly string[]) => {
    await actOnEach(session, refs, 'Unlocked', async (compute, ref) => {
      const { id } = await compute.unlock(ref);
      return instanceRecord(await compute.show(id));
    });
  });
};
