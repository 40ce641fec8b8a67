// novalet routes INSTANCE
import { INSTANCE } from '../operands.ts';
import type { Define } from '../registry.ts';
import { formatTable } from '../table.ts';
import { routesRecord } from './guest/record.ts';

export const routes: Define = (command, session) => {
  command.argument('<instance>', INSTANCE).action(async (ref: string) => {
    const found = await session.act((compute, options) => compute.guests.routes(ref, options), {
      progress: false,
    });
    await session.print({
      data: routesRecord(found),
      text: () =>
        formatTable({
          head: ['DESTINATION', 'GATEWAY', 'INTERFACE', 'METRIC'],
          rows: found.routes.map(({ destination, gateway, interface: device, metric }) => [
            destination,
            gateway ?? '-',
            device,
            `${metric}`,
          ]),
        }),
    });
  });
};
