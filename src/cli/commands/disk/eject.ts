// novalet disk eject INSTANCE TARGET
import { defined } from '../../defined.ts';
import { INSTANCE } from '../../operands.ts';
import type { Define } from '../../registry.ts';
import { diskDocument } from './record.ts';
import { FORCE } from './words.ts';

export const ejectMedium: Define = (command, session) => {
  command
    .argument('<instance>', INSTANCE)
    .argument('<target>', 'the drive: sda, hdc …')
    .option('--force', FORCE)
    .action(async (ref: string, target: string, { force }: { readonly force?: boolean }) => {
      const view = await session.act((compute, act) =>
        compute.disks.eject(ref, target, { ...act, ...defined({ force }) }),
      );
      await session.print(diskDocument(view));
    });
};
