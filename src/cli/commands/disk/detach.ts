// novalet disk detach INSTANCE DISK
import { defined } from '../../defined.ts';
import { INSTANCE } from '../../operands.ts';
import type { Define } from '../../registry.ts';
import { parseSeconds } from '../../values.ts';
import { detachedDocument } from './record.ts';
import { DISK } from './words.ts';

interface DetachOptions {
  readonly timeout?: number;
  readonly remove?: boolean;
}

export const detachDisk: Define = (command, session) => {
  command
    .argument('<instance>', INSTANCE)
    .argument('<disk>', DISK)
    .option('--timeout <seconds>', 'how long the guest may take to let it go (default: 160)', parseSeconds)
    .option('--remove', "also remove the file of a disk of the instance's own, also of one that was kept")
    .action(async (ref: string, disk: string, { timeout: timeoutMs, remove }: DetachOptions) => {
      const detached = await session.act((compute, act) =>
        compute.disks.detach(ref, disk, { ...act, ...defined({ timeoutMs, remove }) }),
      );
      await session.print(detachedDocument(detached));
      const { id, keptFile } = detached;
      await session.note(
        keptFile === null
          ? `Detached ${disk}`
          : `Detached ${disk}; its file stays: novalet disk attach ${ref} --kept ${id}`,
      );
    });
};
