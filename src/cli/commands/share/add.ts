// novalet share add INSTANCE PATH:TAG
import type { ShareDriver } from '../../../model/index.ts';
import { readShare, shareDriverOption } from '../../launch-options/shares.ts';
import { INSTANCE } from '../../operands.ts';
import type { Define } from '../../registry.ts';
import { mountLine, shareRecord } from '../../share-record.ts';

export const addShare: Define = (command, session) => {
  command
    .argument('<instance>', INSTANCE)
    .argument(
      '<path:tag>',
      'folder of this host, and the word the guest mounts it by; :ro keeps it from writing',
    )
    .addOption(shareDriverOption('--driver <driver>'))
    .action(async (ref: string, text: string, { driver }: { readonly driver?: ShareDriver }) => {
      const share = await session.act(
        async (compute, options) => await compute.shares.add(ref, readShare(text, driver), options),
        { progress: false },
      );
      await session.note(`Shared ${share.path} with ${ref}; in the guest: ${mountLine(share)}`);
      if (session.options.output !== 'table')
        await session.print({ data: shareRecord(share), text: () => '' });
    });
};
