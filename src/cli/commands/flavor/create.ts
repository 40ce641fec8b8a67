// novalet flavor create NAME
import { Option } from 'commander';
import { GIB, MIB } from '../../../base/index.ts';
import type { Flavor } from '../../../model/index.ts';
import { flavorDocument } from '../../documents.ts';
import type { Define } from '../../registry.ts';
import { collectPairs, quantity, wholeNumber } from '../../values.ts';

interface CreateOptions {
  readonly vcpus: number;
  readonly memory: number;
  readonly root: number;
  readonly ephemeral: number;
  readonly swap: number;
  readonly property?: Record<string, string>;
}

export const createFlavor: Define = (command, session) => {
  command
    .argument('<name>', 'name of the new flavor')
    .addOption(new Option('--vcpus <count>', 'virtual CPUs').argParser(wholeNumber('--vcpus', 1)).default(1))
    .addOption(
      new Option('--memory <MiB>', 'memory, or a size such as 2G')
        .argParser(quantity('--memory', MIB))
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--root <GiB>', 'root disk; 0 is as large as the image')
        .argParser(quantity('--root', GIB))
        .default(0),
    )
    .addOption(
      new Option('--ephemeral <GiB>', 'a second disk').argParser(quantity('--ephemeral', GIB)).default(0),
    )
    .addOption(new Option('--swap <MiB>', 'a swap disk').argParser(quantity('--swap', MIB)).default(0))
    .option('--property <key=value>', 'extra spec; may be given several times', collectPairs('--property'))
    .action(async (name: string, options: CreateOptions) => {
      const flavor: Flavor = {
        name,
        vcpus: options.vcpus,
        memoryMiB: options.memory,
        rootGiB: options.root,
        ephemeralGiB: options.ephemeral,
        swapMiB: options.swap,
        extraSpecs: options.property ?? {},
      };
      await session.query((compute) => compute.flavors.create(flavor));
      await session.print(flavorDocument(flavor));
    });
};
