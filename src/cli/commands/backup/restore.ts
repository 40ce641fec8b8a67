// novalet backup restore INSTANCE BACKUP
import { defined } from '../../defined.ts';
import { INSTANCE } from '../../operands.ts';
import type { Define } from '../../registry.ts';
import { backupDocument, backupRecord } from './document.ts';

export const restoreBackup: Define = (command, session) => {
  command
    .argument('<instance>', INSTANCE)
    .argument('<backup>', 'id of the backup, or latest')
    .option('--from <directory>', 'where backups are kept (default: backups in the state directory)')
    .action(async (ref: string, id: string, { from: directory }: { readonly from?: string }) => {
      const { backup, untouched } = await session.act((compute, options) =>
        compute.backups.restore(ref, id, defined({ directory }), options),
      );
      for (const disk of untouched) await session.warn(`${disk} is not in the backup, and stays as it is`);
      await session.print({ ...backupDocument(backup), data: { ...backupRecord(backup), untouched } });
    });
};
