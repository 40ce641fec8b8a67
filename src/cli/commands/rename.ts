// novalet rename INSTANCE NAME
import { instanceDocument } from '../documents.ts';
import { INSTANCE } from '../operands.ts';
import type { Define } from '../registry.ts';

export const rename: Define = (command, session) => {
  command
    .description('Give an instance another name. Its hostname and the name of its domain in libvirt stay.')
    .argument('<instance>', INSTANCE)
    .argument('<name>', 'letters, digits, dot, dash, underscore; at most 63')
    .action(async (ref: string, name: string) => {
      const view = await session.act(async (compute, options) => {
        const { id } = await compute.rename(ref, name, options);
        return await compute.show(id);
      });
      await session.note(`Renamed ${ref} to ${view.instance.name}`);
      if (session.options.output !== 'table') await session.print(instanceDocument(view));
    });
};
