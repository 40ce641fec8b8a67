// novalet stop INSTANCE…
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

export const stop: Define = (command, session) => {
  command
    .argument('<instance...>', INSTANCES)
    .option('--force', 'pull the plug without asking the guest')
    .addOption(
      new Option(
        '--timeout <seconds>',
        'how long the guest may take before the plug is pulled (default: 60)',
      ).argParser(parseSeconds),
    )
    .action(async (refs: readonly string[], { force, timeout }: Options) => {
      const wanted = defined({ force, timeoutMs: timeout });
      await actOnEach(session, refs, 'Stopped', async (compute, ref, options) => {
        await compute.stop(ref, { ...options, ...wanted });
        return instanceRecord(await compute.show(ref));
      });
    });
};
