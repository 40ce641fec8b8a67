// novalet vcpus …
import type { Define } from '../registry.ts';
import { onlineVcpus } from './vcpus/online.ts';

export const vcpus: Define = (command, session) => {
  onlineVcpus(
    command.command('online').description('Bring every processor online that the guest has left off'),
    session,
  );
};
