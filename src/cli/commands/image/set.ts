// novalet image set IMAGE
import { Option } from 'commander';
import { GIB, MIB } from '../../../base/index.ts';
import { defined } from '../../defined.ts';
import { imageDocument } from '../../documents.ts';
import { IMAGE } from '../../operands.ts';
import type { Define } from '../../registry.ts';
import { collect, collectPairs, quantity } from '../../values.ts';

interface SetOptions {
  readonly minDisk?: number;
  readonly minRam?: number;
  readonly property?: Record<string, string>;
  readonly removeProperty?: readonly string[];
}

export const setImage: Define = (command, session) => {
  command
    .argument('<image>', IMAGE)
    .option(
      '--property <key=value>',
      'image property, new or changed; may be given several times',
      collectPairs('--property'),
    )
    .option('--remove-property <key>', 'property to take off; may be given several times', collect)
    .addOption(
      new Option('--min-disk <GiB>', 'smallest root disk for it').argParser(quantity('--min-disk', GIB)),
    )
    .addOption(new Option('--min-ram <MiB>', 'smallest memory for it').argParser(quantity('--min-ram', MIB)))
    .action(async (ref: string, options: SetOptions) => {
      const {
        minDisk: minDiskGiB,
        minRam: minRamMiB,
        property: properties,
        removeProperty: removeProperties,
      } = options;
      const changes = defined({ minDiskGiB, minRamMiB, properties, removeProperties });
      await session.print(imageDocument(await session.query((compute) => compute.images.set(ref, changes))));
    });
};
