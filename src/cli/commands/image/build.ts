// novalet image build RECIPE
import { defined } from '../../defined.ts';
import { imageDocument } from '../../documents.ts';
import type { Define } from '../../registry.ts';

export const buildImage: Define = (command, session) => {
  command
    .argument('<recipe>', 'debian or minimal')
    .option('--name <name>', "name of the image (default: the recipe's)")
    .action(async (recipe: string, { name }: { readonly name?: string }) => {
      const image = await session.act((compute, act) =>
        compute.images.build(recipe, { ...act, ...defined({ name }) }),
      );
      await session.print(imageDocument(image));
    });
};
