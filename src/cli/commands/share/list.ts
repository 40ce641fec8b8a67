// novalet share list INSTANCE
import { INSTANCE } from '../../operands.ts';
import type { Define } from '../../registry.ts';
import { shareRecord } from '../../share-record.ts';
import { formatTable } from '../../table.ts';

export const listShares: Define = (command, session) => {
  command.argument('<instance>', INSTANCE).action(async (ref: string) => {
    const shares = await session.query(async (compute) => await compute.shares.list(ref));
    await session.print({
      data: shares.map(shareRecord),
      text: () =>
        formatTable({
          head: ['TAG', 'FOLDER', 'DRIVER', 'GUEST MAY'],
          rows: shares.map(({ tag, path, driver, readOnly }) => [
            tag,
            path,
            driver,
            readOnly ? 'read' : 'read and write',
          ]),
        }),
    });
  });
};
