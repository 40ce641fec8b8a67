// novalet disk grow INSTANCE DISK SIZE
import { parseBytes } from '../../../base/index.ts';
import { INSTANCE } from '../../operands.ts';
import type { Define } from '../../registry.ts';
import { grownDocument } from './record.ts';
import { DISK } from './words.ts';

export const growDisk: Define = (command, session) => {
  command
    .argument('<instance>', INSTANCE)
    .argument('<disk>', DISK)
    .argument('<size>', 'the whole size that it is to have: 20G')
    .option('--no-filesystem', 'leave partition and filesystem in the guest as they are')
    .action(async (ref: string, disk: string, size: string, options: { readonly filesystem: boolean }) => {
      const sizeBytes = parseBytes(size, 'the size');
      const { filesystem } = options;
      const grown = await session.act((compute, act) =>
        compute.disks.grow(ref, disk, sizeBytes, { ...act, filesystem }),
      );
      await session.print(grownDocument(grown));
    });
};
