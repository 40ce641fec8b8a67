// novalet keys …
import type { Define } from '../registry.ts';
import { addKeys } from './keys/add.ts';
import { listKeys } from './keys/list.ts';
import { removeKeys } from './keys/remove.ts';

export const keys: Define = (command, session) => {
  listKeys(command.command('list').description("List a user's authorized SSH keys in the guest"), session);
  addKeys(command.command('add').description('Authorize SSH keys for a user in the guest'), session);
  removeKeys(command.command('remove').description("Remove a user's authorized SSH keys"), session);
};
