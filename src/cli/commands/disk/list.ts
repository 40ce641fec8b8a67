// novalet disk list INSTANCE
import { INSTANCE } from '../../operands.ts';
import type { Define } from '../../registry.ts';
import { disksDocument } from './record.ts';

export const listDisks: Define = (command, session) => {
  command.argument('<instance>', INSTANCE).action(async (ref: string) => {
    await session.print(disksDocument(await session.query((compute) => compute.disks.list(ref))));
  });
};
