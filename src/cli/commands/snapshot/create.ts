// novalet snapshot create INSTANCE SNAPSHOT
import { Option } from 'commander';
import { defined } from '../../defined.ts';
import { INSTANCE } from '../../operands.ts';
import type { Define } from '../../registry.ts';
import { parseSeconds } from '../../values.ts';
import { SNAPSHOT, snapshotDocument } from './snapshot-document.ts';

interface CreateOptions {
  /** False for --no-quiesce. */
  readonly quiesce?: boolean;
  readonly freezeDeadline?: number;
}

export const createSnapshot: Define = (command, session) => {
  command
    .argument('<instance>', INSTANCE)
    .argument('<snapshot>', SNAPSHOT)
    .option(
      '--quiesce',
      "freeze the guest's filesystems meanwhile, or make nothing (default: freeze them where it can)",
    )
    .option('--no-quiesce', 'do not freeze them: the disks are marked as after a power cut')
    .addOption(
      new Option(
        '--freeze-deadline <seconds>',
        'after so long the guest thaws by itself (default: 60)',
      ).argParser(parseSeconds),
    )
    .action(async (ref: string, name: string, options: CreateOptions) => {
      const { freezeDeadline: freezeDeadlineMs } = options;
      const quiesce = options.quiesce === undefined ? undefined : quiesceOf(options.quiesce);
      const request = { name, ...defined({ quiesce, freezeDeadlineMs }) };
      const { snapshot, why } = await session.act((compute, act) =>
        compute.snapshots.create(ref, request, act),
      );
      if (why !== null) await session.note(`The guest's filesystems were not frozen: ${why}`);
      await session.print(snapshotDocument(snapshot));
    });
};

function quiesceOf(wish: boolean): 'require' | 'never' {
  return wish ? 'require' : 'never';
}
