// novalet port …
import type { Define } from '../registry.ts';
import { createPort } from './port/create.ts';
import { deletePorts } from './port/delete.ts';
import { listPorts } from './port/list.ts';
import { showPort } from './port/show.ts';

export const port: Define = (command, session) => {
  listPorts(command.command('list').description('List the ports'), session);
  showPort(command.command('show').description('Show a port'), session);
  createPort(command.command('create').description('Make a port, and keep its address'), session);
  deletePorts(command.command('delete').description('Remove ports that no instance has'), session);
};
