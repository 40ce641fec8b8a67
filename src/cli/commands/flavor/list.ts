// novalet flavor list
import { flavorsDocument } from '../../documents.ts';
import type { Define } from '../../registry.ts';

export const listFlavors: Define = (command, session) => {
  command.action(async () => {
    await session.print(flavorsDocument(await session.query((compute) => compute.flavors.list())));
  });
};
