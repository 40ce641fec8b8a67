// novalet snapshot …
import type { Define } from '../registry.ts';
import { createSnapshot } from './snapshot/create.ts';
import { listSnapshots } from './snapshot/list.ts';
import { removeSnapshots } from './snapshot/remove.ts';
import { restoreSnapshot } from './snapshot/restore.ts';

export const snapshot: Define = (command, session) => {
  createSnapshot(command.command('create').description("Mark an instance's disks, to go back to"), session);
  listSnapshots(command.command('list').description('List the snapshots of an instance'), session);
  restoreSnapshot(command.command('restore').description("Bring an instance's disks back"), session);
  removeSnapshots(command.command('remove').description('Remove snapshots of an instance'), session);
};
