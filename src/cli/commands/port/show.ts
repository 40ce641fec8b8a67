// novalet port show PORT
import type { Define } from '../../registry.ts';
import { portDocument } from './record.ts';

export const showPort: Define = (command, session) => {
  command.argument('<port>', 'name or id of the port').action(async (ref: string) => {
    await session.print(portDocument(await session.query((compute) => compute.ports.show(ref))));
  });
};
