// novalet unrescue INSTANCE…
import { Option } from 'commander';
import { defined } from '../defined.ts';
import { actOnEach } from '../each.ts';
import { INSTANCES } from '../operands.ts';
import { instanceRecord } from '../records.ts';
import type { Define } from '../registry.ts';
import { parseSeconds } from '../values.ts';

interface Options {
  readonly force?: boolean;
  readonly timeout?: number;
}

export const unrescue: Define = (command, session) => {
  command
    .argument('<instance...>', INSTANCES)
    .option('--force', 'pull the plug of the rescue system without asking it')
    .addOption(
      new Option(
        '--timeout <seconds>',
        'how long it may take before the plug is pulled (default: 60)',
      ).argParser(parseSeconds),
    )
    .action(async (refs: readonly string[], { force, timeout }: Options) => {
      const wanted = defined({ force, timeoutMs: timeout });
      await actOnEach(session, refs, 'Started from its own disks:', async (compute, ref, options) => {
        const { id } = await compute.unrescue(ref, { ...options, ...wanted });
        return instanceRecord(await compute.show(id));
      });
    });
};
