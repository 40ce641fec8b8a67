// novalet network show NETWORK
import type { Define } from '../../registry.ts';
import { networkDocument } from './record.ts';

export const showNetwork: Define = (command, session) => {
  command.argument('<network>', 'name of the network').action(async (name: string) => {
    await session.print(networkDocument(await session.query((compute) => compute.networks.show(name))));
  });
};
