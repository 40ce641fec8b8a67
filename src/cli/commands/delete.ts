// novalet delete INSTANCE…
import { actOnEach } from '../each.ts';
import { INSTANCES } from '../operands.ts';
import type { Define } from '../registry.ts';

export const deleteInstances: Define = (command, session) => {
  command
    .description(
      'Remove instances, running or not, with their disks, ports and records. Does not ask. Of an adopted one the domain is undefined, and its files stay.',
    )
    .argument('<instance...>', INSTANCES)
    .action(async (refs: readonly string[]) => {
      const left: string[] = [];
      await actOnEach(session, refs, 'Deleted', async (compute, ref, options) => {
        const { instance } = await compute.show(ref);
        const { leftFiles } = await compute.delete(instance.id, options);
        const { id, name, adoption } = instance;
        if (leftFiles.length > 0)
          left.push(`${name} was adopted, and its files stay: ${leftFiles.join(', ')}`);
        return { id, name, status: 'DELETED', ...(adoption === null ? {} : { left_files: leftFiles }) };
      });
      for (const note of left) await session.note(note);
    });
};
