// novalet shelve INSTANCE…
import { defined } from '../defined.ts';
import { actOnEach } from '../each.ts';
import { INSTANCES } from '../operands.ts';
import { instanceRecord } from '../records.ts';
import type { Define } from '../registry.ts';
import { addStopOptions, readStopOptions, type StopFlags } from '../stop-options.ts';

interface Options extends StopFlags {
  readonly offload?: boolean;
}

export const shelve: Define = (command, session) => {
  command
    .description(
      "Put instances aside: they are shut down, and their disks, ports and addresses stay. The host's processors and memory are free for others.",
    )
    .argument('<instance...>', INSTANCES)
    .option(
      '--offload',
      'store the root disk as an image, NAME-shelved, and remove the disks; what is on ephemeral and swap disks is lost',
    );
  addStopOptions(command);
  command.action(async (refs: readonly string[], { offload, ...flags }: Options) => {
    const wanted = { ...defined({ offload }), ...readStopOptions(flags) };
    await actOnEach(session, refs, 'Shelved', async (compute, ref, options) => {
      await compute.shelve(ref, { ...options, ...wanted });
      return instanceRecord(await compute.show(ref));
    });
  });
};
