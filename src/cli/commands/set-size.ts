// novalet set-size INSTANCE
import { Option } from 'commander';
import { MIB } from '../../base/index.ts';
import type { SizeChanged } from '../../compute/index.ts';
import { defined } from '../defined.ts';
import { INSTANCE } from '../operands.ts';
import type { Define } from '../registry.ts';
import { quantity, wholeNumber } from '../values.ts';

interface Options {
  readonly vcpus?: number;
  readonly memory?: number;
  readonly maxVcpus?: number;
  readonly maxMemory?: number;
}

export const setSize: Define = (command, session) => {
  command
    .argument('<instance>', INSTANCE)
    .addOption(new Option('--vcpus <count>', 'how many vCPUs').argParser(wholeNumber('--vcpus', 1)))
    .addOption(
      new Option('--memory <size>', 'how much memory, in MiB or as 2G').argParser(quantity('--memory', MIB)),
    )
    .addOption(
      new Option(
        '--max-vcpus <count>',
        'how many it may have while it runs; of a stopped instance',
      ).argParser(wholeNumber('--max-vcpus', 1)),
    )
    .addOption(
      new Option(
        '--max-memory <size>',
        'how much it may have while it runs; of a stopped instance',
      ).argParser(quantity('--max-memory', MIB)),
    )
    .action(async (ref: string, { vcpus, memory, maxVcpus, maxMemory }: Options) => {
      const change = defined({ vcpus, memoryMiB: memory, maxVcpus, maxMemoryMiB: maxMemory });
      const changed = await session.act((compute, options) => compute.changeSize(ref, change, options), {
        progress: false,
      });
      const { guest } = changed;
      await session.note(`Set ${ref} to ${changed.vcpus} vCPUs and ${changed.memoryMiB} MiB`);
      if (guest !== null && guest.why !== null)
        await session.note(`The guest has not followed: ${guest.why}`);
      if (session.options.output !== 'table')
        await session.print({ data: sizeRecord(changed), text: () => '' });
    });
};

function sizeRecord({ vcpus, memoryMiB, guest }: SizeChanged) {
  return {
    vcpus,
    memory_mb: memoryMiB,
    guest: guest && { online_vcpus: guest.onlineVcpus, memory_mb: guest.memoryMiB, why: guest.why },
  };
}
