// novalet shelve INSTANCE…
import { Option } from 'commander';
import { defined } from '../defined.ts';
import { actOnEach } from '../each.ts';
import { INSTANCES } from '../operands.ts';
import { instanceRecord } from '../records.ts';
import type { Define } from '../registry.ts';
import { parseSeconds } from '../values.ts';

interface Options {
  readonly offload?: boolean;
  readonly force?: boolean;
  readonly timeout?: number;
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
    )
    .option('--force', 'pull the plug without asking the guest')
    .addOption(
      new Option(
        '--timeout <seconds>',
        'how long the guest may take before the plug is pulled (default: 60)',
      ).argParser(parseSeconds),
    )
    .action(async (refs: readonly string[], { offload, force, timeout }: Options) => {
      const wanted = defined({ offload, force, timeoutMs: timeout });
      await actOnEach(session, refs, 'Shelved', async (compute, ref, options) => {
        await compute.shelve(ref, { ...options, ...wanted });
        return instanceRecord(await compute.show(ref));
      });
    });
};
