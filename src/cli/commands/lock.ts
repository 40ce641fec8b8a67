// novalet lock INSTANCE…
import { defined } from '../defined.ts';
import { actOnEach } from '../each.ts';
import { INSTANCES } from '../operands.ts';
import { instanceRecord } from '../records.ts';
import type { Define } from '../registry.ts';

export const lock: Define = (command, session) => {
  command
    .description(
      'Keep instances from being changed, by mistake, until they are unlocked. Looking at them, reaching into them and copying them goes on.',
    )
    .argument('<instance...>', INSTANCES)
    .option('--reason <text>', 'shown to whoever is refused')
    .action(async (refs: readonly string[], { reason }: { readonly reason?: string }) => {
      await actOnEach(session, refs, 'Locked', async (compute, ref) => {
        const { id } = await compute.lock(ref, defined({ reason }));
        return instanceRecord(await compute.show(id));
      });
    });
};
