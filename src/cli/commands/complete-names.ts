// novalet __complete KIND: the names that a completion script offers, one on a line. Hidden.
import { Argument } from 'commander';
import type { Compute } from '../../compute/index.ts';
import { NAME_KINDS, type NameKind } from '../completion/grammar.ts';
import { printableLine } from '../printable.ts';
import type { Define } from '../registry.ts';

export const completeNames: Define = (command, session) => {
  command
    .addArgument(new Argument('<kind>', 'what to name').choices(NAME_KINDS))
    .action(async (kind: NameKind) => {
      const names = await session.query((compute) => namesOf(compute, kind));
      await session.write(names.map((name) => `${printableLine(name)}\n`).join(''));
    });
};

async function namesOf(compute: Compute, kind: NameKind): Promise<string[]> {
  switch (kind) {
    case 'instance':
      return (await compute.list()).map(({ instance }) => instance.name);
    case 'image':
      return (await compute.images.list()).map(({ name }) => name);
    case 'image-or-instance':
      return [...(await namesOf(compute, 'image')), ...(await namesOf(compute, 'instance'))];
    case 'flavor':
      return (await compute.flavors.list()).map(({ name }) => name);
    case 'network':
      return (await compute.networks.list()).map(({ name }) => name);
    case 'port':
      return (await compute.ports.list()).map(({ name }) => name);
    case 'template':
      return (await compute.templates.list()).map(({ template }) => template.name);
    default:
      return kind satisfies never;
  }
}
