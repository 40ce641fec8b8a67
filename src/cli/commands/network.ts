// novalet network …
import type { Define } from '../registry.ts';
import { createNetwork } from './network/create.ts';
import { deleteNetworks } from './network/delete.ts';
import { listNetworks } from './network/list.ts';
import { showNetwork } from './network/show.ts';

export const network: Define = (command, session) => {
  listNetworks(command.command('list').description("List libvirt's networks, whoever made them"), session);
  showNetwork(command.command('show').description('Show a network'), session);
  createNetwork(command.command('create').description('Make a network, and start it'), session);
  deleteNetworks(command.command('delete').description('Remove networks that novalet made'), session);
};
