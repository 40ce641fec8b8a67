// novalet flavor …
import type { Define } from '../registry.ts';
import { createFlavor } from './flavor/create.ts';
import { listFlavors } from './flavor/list.ts';
import { removeFlavors } from './flavor/remove.ts';
import { showFlavor } from './flavor/show.ts';

export const flavor: Define = (command, session) => {
  listFlavors(command.command('list').description('List the flavors'), session);
  showFlavor(command.command('show').description('Show a flavor'), session);
  createFlavor(command.command('create').description('Create a flavor'), session);
  removeFlavors(
    command.command('remove').description('Remove flavors; instances keep what they were built with'),
    session,
  );
};
