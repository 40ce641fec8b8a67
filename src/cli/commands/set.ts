// novalet set INSTANCE
import { Option } from 'commander';
import { instanceDocument } from '../documents.ts';
import { INSTANCE } from '../operands.ts';
import type { Define } from '../registry.ts';
import { collect, collectPairs, invalid } from '../values.ts';

interface Options {
  readonly meta?: Readonly<Record<string, string>>;
  readonly unsetMeta?: readonly string[];
  readonly tag?: readonly string[];
  readonly untag?: readonly string[];
}

export const set: Define = (command, session) => {
  command
    .description(
      'Change metadata and tags. A guest that asks the metadata service finds new metadata at once; a config drive keeps those of its launch.',
    )
    .argument('<instance>', INSTANCE)
    .addOption(
      new Option(
        '--meta <key=value>',
        'entry of meta in meta_data.json; may be given several times',
      ).argParser(collectPairs('--meta')),
    )
    .addOption(
      new Option('--unset-meta <key>', 'entry to remove; may be given several times').argParser(collect),
    )
    .addOption(new Option('--tag <tag>', 'tag to add; may be given several times').argParser(collect))
    .addOption(new Option('--untag <tag>', 'tag to remove; may be given several times').argParser(collect))
    .action(async (ref: string, options: Options) => {
      const change = changeOf(options);
      const view = await session.act(async (compute) => {
        const { id } = await compute.change(ref, change);
        return await compute.show(id);
      });
      await session.note(`Changed ${view.instance.name}`);
      if (session.options.output !== 'table') await session.print(instanceDocument(view));
    });
};

/** Throws `OPTION_INVALID` when nothing is to change, or one entry is to be set and removed. */
function changeOf({ meta = {}, unsetMeta = [], tag = [], untag = [] }: Options) {
  if (Object.keys(meta).length + unsetMeta.length + tag.length + untag.length === 0)
    throw invalid('Nothing is said that is to change', 'For example --meta role=web, or --tag blue.');
  const both = unsetMeta.find((key) => Object.hasOwn(meta, key));
  if (both !== undefined)
    throw invalid(`"${both}" is to be set and removed`, 'Leave out --meta or --unset-meta of it.');
  const removed = unsetMeta.map((key) => [key, null] as const);
  return { metadata: { ...meta, ...Object.fromEntries(removed) }, addTags: tag, removeTags: untag };
}
