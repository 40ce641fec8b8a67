// novalet interface …
import type { Define } from '../registry.ts';
import { attachInterface } from './interface/attach.ts';
import { detachInterface } from './interface/detach.ts';
import { listInterfaces } from './interface/list.ts';

export const networkInterface: Define = (command, session) => {
  listInterfaces(command.command('list').description("List an instance's network interfaces"), session);
  attachInterface(command.command('attach').description('Plug a network interface into it'), session);
  detachInterface(command.command('detach').description('Take a network interface away'), session);
};
