// novalet backup …
import type { Define } from '../registry.ts';
import { createBackup } from './backup/create.ts';
import { listBackups } from './backup/list.ts';
import { removeBackup } from './backup/remove.ts';
import { restoreBackup } from './backup/restore.ts';

export const backup: Define = (command, session) => {
  createBackup(
    command.command('create').description('Copy the disks of an instance, or what changed'),
    session,
  );
  listBackups(command.command('list').description('List backups'), session);
  restoreBackup(command.command('restore').description('Put the disks of an instance back'), session);
  removeBackup(command.command('remove').description('Remove a backup'), session);
};
