// novalet backup list [INSTANCE]
import { defined } from '../../defined.ts';
import { INSTANCE } from '../../operands.ts';
import type { Define } from '../../registry.ts';
import { backupsDocument } from './document.ts';

export const listBackups: Define = (command, session) => {
  command
    .argument('[instance]', `${INSTANCE}; all when left out`)
    .option('--from <directory>', 'where backups are kept (default: backups in the state directory)')
    .action(async (ref: string | undefined, { from: directory }: { readonly from?: string }) => {
      const views = await session.query((compute) => compute.backups.list(ref, defined({ directory })));
      await session.print(backupsDocument(views));
    });
};
