// novalet template …
import type { Define } from '../registry.ts';
import { createTemplate } from './template/create.ts';
import { listTemplates } from './template/list.ts';
import { removeTemplates } from './template/remove.ts';
import { showTemplate } from './template/show.ts';
import { verifyTemplate } from './template/verify.ts';

export const template: Define = (command, session) => {
  createTemplate(
    command
      .command('create')
      .description('Boot a guest, and keep its memory and disks for others to go on from'),
    session,
  );
  listTemplates(command.command('list').description('List the templates'), session);
  showTemplate(command.command('show').description('Show a template and who lies over it'), session);
  verifyTemplate(command.command('verify').description('Compare its files with what was written'), session);
  removeTemplates(command.command('remove').description('Remove templates that nobody uses'), session);
};
