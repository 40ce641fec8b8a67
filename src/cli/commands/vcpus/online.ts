// novalet vcpus online INSTANCE
import { INSTANCE } from '../../operands.ts';
import type { Define } from '../../registry.ts';
import { formatPairs } from '../../table.ts';

export const onlineVcpus: Define = (command, session) => {
  command.argument('<instance>', INSTANCE).action(async (ref: string) => {
    const { onlined, online } = await session.act(
      (compute, options) => compute.guests.onlineVcpus(ref, options),
      { progress: false },
    );
    await session.print({
      data: { onlined: [...onlined], online },
      text: () =>
        formatPairs([
          ['brought online', onlined.join(', ') || '-'],
          ['online', `${online}`],
        ]),
    });
  });
};
