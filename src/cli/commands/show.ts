// novalet show INSTANCE
import { instanceDocument } from '../documents.ts';
import { INSTANCE } from '../operands.ts';
import type { Define } from '../registry.ts';

export const show: Define = (command, session) => {
  command.argument('<instance>', INSTANCE).action(async (ref: string) => {
    const view = await session.query((compute) => compute.show(ref));
    await session.print(instanceDocument(view));
  });
};
