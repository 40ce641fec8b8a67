// novalet unrescue INSTANCE…
import { actOnEach } from '../each.ts';
import { INSTANCES } from '../operands.ts';
import { instanceRecord } from '../records.ts';
import type { Define } from '../registry.ts';
import { addStopOptions, readStopOptions, type StopFlags } from '../stop-options.ts';

export const unrescue: Define = (command, session) => {
  command.argument('<instance...>', INSTANCES);
  addStopOptions(command);
  command.action(async (refs: readonly string[], flags: StopFlags) => {
    const wanted = readStopOptions(flags);
    await actOnEach(session, refs, 'Started from its own disks:', async (compute, ref, options) => {
      const { id } = await compute.unrescue(ref, { ...options, ...wanted });
      return instanceRecord(await compute.show(id));
    });
  });
};
