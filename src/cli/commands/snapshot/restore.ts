// novalet snapshot restore INSTANCE SNAPSHOT
import { INSTANCE } from '../../operands.ts';
import type { Define } from '../../registry.ts';
import { SNAPSHOT } from './snapshot-document.ts';

export const restoreSnapshot: Define = (command, session) => {
  command
    .argument('<instance>', INSTANCE)
    .argument('<snapshot>', SNAPSHOT)
    .action(async (ref: string, name: string) => {
      await session.act((compute, act) => compute.snapshots.restore(ref, name, act));
      await session.note(`The disks of ${ref} are as they were at ${name}`);
    });
};
