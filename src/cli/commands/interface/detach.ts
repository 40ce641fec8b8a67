// novalet interface detach INSTANCE INTERFACE
import { portRecord } from '../../network-record.ts';
import { INSTANCE } from '../../operands.ts';
import type { Define } from '../../registry.ts';

export const detachInterface: Define = (command, session) => {
  command
    .argument('<instance>', INSTANCE)
    .argument(
      '<interface>',
      "its MAC address, id, tap, address or port's name; novalet interface list shows them",
    )
    .action(async (ref: string, which: string) => {
      const port = await session.act(
        async (compute, options) => await compute.interfaces.detach(ref, which, options),
      );
      await session.note(`Detached ${port.mac} from ${ref}`);
      if (session.options.output !== 'table') await session.print({ data: portRecord(port), text: () => '' });
    });
};
