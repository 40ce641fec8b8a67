// novalet __complete KIND: the names that a completion script offers, one on a line. Hidden.
import { Argument } from 'commander';
import type { Compute } from '../../compute/index.ts';
import { printableLine } from '../printable.ts';
import type { Define } from '../registry.ts';

const KINDS = ['instance', 'image', 'flavor', 'network', 'port'] as const;

export const completeNames: Define = (command, session) => {
  command
    .addArgument(new Argument('<kind>', 'what to name').choices(KINDS))
    .action(async (kind: (typeof KINDS)[number]) => {
      const names = await session.query((compute) => namesOf(compute, kind));
      await session.write(names.map((name) => `${printableLine(name)}\n`).join(''));
    });
};

async function namesOf(compute: Compute, kind: (typeof KINDS)[number]): Promise<string[]> {
  switch (kind) {
    case 'instance':
      return (await compute.list()).map(({ instance }) => instance.name);
    case 'image':
      return (await compute.images.list()).map(({ name }) => name);
    case 'flavor':
      return (await compute.flavors.list()).map(({ name }) => name);
    case 'network':
      return (await compute.networks.list()).map(({ name }) => name);
    case 'port':
      return (await compute.ports.list()).map(({ name }) => name);
    default:
      return kind satisfies never;
  }
}
