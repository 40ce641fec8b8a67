// novalet backup remove INSTANCE BACKUP
import { defined } from '../../defined.ts';
import { INSTANCE } from '../../operands.ts';
import type { Define } from '../../registry.ts';
import { backupsDocument } from './document.ts';

interface RemoveOptions {
  readonly from?: string;
  readonly increments?: boolean;
}

export const removeBackup: Define = (command, session) => {
  command
    .argument('<instance>', INSTANCE)
    .argument('<backup>', 'id of the backup, or latest')
    .option('--from <directory>', 'where backups are kept (default: backups in the state directory)')
    .option('--increments', 'also those that build on it')
    .action(async (ref: string, id: string, { from: directory, increments }: RemoveOptions) => {
      const removed = await session.act((compute) =>
        compute.backups.remove(ref, id, defined({ directory, increments })),
      );
      for (const backup of removed) await session.note(`Removed ${backup.id}`);
      if (session.options.output !== 'table') await session.print(backupsDocument(removed));
    });
};
