// novalet snapshot list INSTANCE
import { INSTANCE } from '../../operands.ts';
import type { Define } from '../../registry.ts';
import { snapshotsDocument } from './snapshot-document.ts';

export const listSnapshots: Define = (command, session) => {
  command.argument('<instance>', INSTANCE).action(async (ref: string) => {
    const snapshots = await session.query((compute) => compute.snapshots.list(ref));
    await session.print(snapshotsDocument(snapshots));
  });
};
