// novalet list
import { instancesDocument } from '../documents.ts';
import type { Define } from '../registry.ts';

export const list: Define = (command, session) => {
  command.action(async () => {
    const views = await session.query((compute) => compute.list());
    await session.print(instancesDocument(views));
  });
};
