// novalet image list
import { imagesDocument } from '../../documents.ts';
import type { Define } from '../../registry.ts';

export const listImages: Define = (command, session) => {
  command.action(async () => {
    await session.print(imagesDocument(await session.query((compute) => compute.images.list())));
  });
};
