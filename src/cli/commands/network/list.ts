// novalet network list
import type { Define } from '../../registry.ts';
import { networksDocument } from './record.ts';

export const listNetworks: Define = (command, session) => {
  command.action(async () => {
    await session.print(networksDocument(await session.query((compute) => compute.networks.list())));
  });
};
