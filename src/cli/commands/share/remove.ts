// novalet share remove INSTANCE TAG
import { INSTANCE } from '../../operands.ts';
import type { Define } from '../../registry.ts';
import { shareRecord } from '../../share-record.ts';

export const removeShare: Define = (command, session) => {
  command
    .argument('<instance>', INSTANCE)
    .argument('<tag>', 'the word that the guest mounts it by')
    .action(async (ref: string, tag: string) => {
      const share = await session.act(
        async (compute, options) => await compute.shares.remove(ref, tag, options),
        { progress: false },
      );
      await session.note(`${share.path} is no longer shared with ${ref}`);
      if (session.options.output !== 'table')
        await session.print({ data: shareRecord(share), text: () => '' });
    });
};
