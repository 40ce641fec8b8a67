// novalet port list
import type { Define } from '../../registry.ts';
import { portsDocument } from './record.ts';

export const listPorts: Define = (command, session) => {
  command.action(async () => {
    await session.print(portsDocument(await session.query((compute) => compute.ports.list())));
  });
};
