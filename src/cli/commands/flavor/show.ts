// novalet flavor show FLAVOR
import { flavorDocument } from '../../documents.ts';
import type { Define } from '../../registry.ts';

export const showFlavor: Define = (command, session) => {
  command.argument('<flavor>', 'name of the flavor').action(async (name: string) => {
    await session.print(flavorDocument(await session.query((compute) => compute.flavors.show(name))));
  });
};
