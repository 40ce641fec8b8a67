// novalet backup create INSTANCE
import { defined } from '../../defined.ts';
import { INSTANCE } from '../../operands.ts';
import type { Define } from '../../registry.ts';
import { backupDocument, backupRecord } from './document.ts';

interface CreateOptions {
  readonly to?: string;
  readonly full?: boolean;
}

export const createBackup: Define = (command, session) => {
  command
    .argument('<instance>', INSTANCE)
    .option('--to <directory>', 'where backups are kept (default: backups in the state directory)')
    .option('--full', 'all of the disks, also where what changed would do')
    .action(async (ref: string, { to: directory, full }: CreateOptions) => {
      const made = await session.act((compute, options) =>
        compute.backups.create(ref, defined({ directory, full }), options),
      );
      const { why, leftOut } = made;
      if (why !== null) await session.warn(`It is a full backup: ${why}`);
      for (const what of leftOut) await session.note(`Not in the backup: ${what}`);
      const data = { ...backupRecord(made), why, left_out: leftOut };
      await session.print({ ...backupDocument(made), data });
    });
};
