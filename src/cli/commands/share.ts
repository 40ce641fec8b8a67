// novalet share …
import type { Define } from '../registry.ts';
import { addShare } from './share/add.ts';
import { listShares } from './share/list.ts';
import { removeShare } from './share/remove.ts';

export const share: Define = (command, session) => {
  listShares(command.command('list').description('List the folders that a guest may mount'), session);
  addShare(command.command('add').description('Share a folder with a guest that is off'), session);
  removeShare(command.command('remove').description('Share it no longer, with a guest that is off'), session);
};
