// novalet keys list INSTANCE
import { INSTANCE } from '../../operands.ts';
import type { Define } from '../../registry.ts';
import { KEYS_USER, keysDocument } from './keys-document.ts';

export const listKeys: Define = (command, session) => {
  command
    .argument('<instance>', INSTANCE)
    .option('--user <user>', KEYS_USER)
    .action(async (ref: string, { user }: { readonly user?: string }) => {
      const { signal } = session.interrupt;
      const changed = await session.query(async (compute) =>
        (await compute.keys(ref)).list(user, { signal }),
      );
      await session.print(keysDocument(ref, changed));
    });
};
