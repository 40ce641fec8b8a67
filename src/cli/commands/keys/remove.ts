// novalet keys remove INSTANCE KEY…
import { INSTANCE } from '../../operands.ts';
import type { Define } from '../../registry.ts';
import { KEYS_USER, keyCount, keysDocument } from './keys-document.ts';

export const removeKeys: Define = (command, session) => {
  command
    .argument('<instance>', INSTANCE)
    .argument('<key...>', 'fingerprints (SHA256:…), comments or whole lines')
    .option('--user <user>', KEYS_USER)
    .action(async (ref: string, which: readonly string[], { user }: { readonly user?: string }) => {
      const changed = await session.act(
        async (compute, act) => (await compute.keys(ref)).remove(which, user, act),
        { progress: false },
      );
      await session.note(`Removed ${keyCount(changed.keys.length)} of ${changed.user} in ${ref}`);
      if (session.options.output !== 'table') await session.print(keysDocument(ref, changed));
    });
};
