// novalet image pull NAME
import { defined } from '../../defined.ts';
import { imageDocument } from '../../documents.ts';
import type { Define } from '../../registry.ts';

export const pullImage: Define = (command, session) => {
  command
    .argument('<catalogue-name>', 'for example debian:12')
    .option('--name <name>', 'name of the image (default: the catalogue name)')
    .action(async (catalogueName: string, { name }: { readonly name?: string }) => {
      const image = await session.act((compute, act) =>
        compute.images.pull(catalogueName, { ...act, ...defined({ name }) }),
      );
      await session.print(imageDocument(image));
    });
};
