// novalet image show IMAGE
import { imageDocument } from '../../documents.ts';
import { IMAGE } from '../../operands.ts';
import type { Define } from '../../registry.ts';

export const showImage: Define = (command, session) => {
  command.argument('<image>', IMAGE).action(async (ref: string) => {
    await session.print(imageDocument(await session.query((compute) => compute.images.show(ref))));
  });
};
