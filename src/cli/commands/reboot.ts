// novalet reboot INSTANCE…
import { Option } from 'commander';
import { defined } from '../defined.ts';
import { actOnEach } from '../each.ts';
import { INSTANCES } from '../operands.ts';
import { instanceRecord } from '../records.ts';
import type { Define } from '../registry.ts';
import { parseSeconds } from '../values.ts';

interface Options {
  readonly hard?: boolean;
  readonly timeout?: number;
}

export const reboot: Define = (command, session) => {
  command
    .argument('<instance...>', INSTANCES)
    .option('--hard', 'reset without asking the guest; also starts an instance that is stopped or in error')
    .addOption(
      new Option(
        '--timeout <seconds>',
        'how long the guest may take before it is reset (default: 120)',
      ).argParser(parseSeconds),
    )
    .action(async (refs: readonly string[], { hard, timeout }: Options) => {
      const wanted = defined({ hard, timeoutMs: timeout });
      await actOnEach(session, refs, 'Rebooted', async (compute, ref, options) => {
        await compute.reboot(ref, { ...options, ...wanted });
        return instanceRecord(await compute.show(ref));
      });
    });
};
