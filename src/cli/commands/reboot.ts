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
    .option(
      '--hard',
      'pull the plug, make again what is missing, and start; repairs whatever is wrong but the content of disks',
    )
    .addOption(
      new Option(
        '--timeout <seconds>',
        'how long the guest may take before it is reset (default: 120)',
      ).argParser(parseSeconds),
    )
    .action(async (refs: readonly string[], { hard, timeout }: Options) => {
      const wanted = defined({ hard, timeoutMs: timeout });
      const made: string[] = [];
      await actOnEach(session, refs, 'Rebooted', async (compute, ref, options) => {
        made.push(...(await compute.reboot(ref, { ...options, ...wanted })).madeAnew);
        return instanceRecord(await compute.show(ref));
      });
      for (const path of made) await session.warn(`${path} was missing, and is made again`);
    });
};
