// novalet clone INSTANCE NAME
import { addNetworkOptions, type NetworkOptions, readNetworkOptions } from '../launch-options/networks.ts';
import { INSTANCE } from '../operands.ts';
import { instanceRecord } from '../records.ts';
import type { Define } from '../registry.ts';

interface Options extends NetworkOptions {
  readonly start: boolean;
}

export const clone: Define = (command, session) => {
  command.argument('<instance>', INSTANCE).argument('<name>', 'name of the new instance');
  addNetworkOptions(command);
  command
    .option('--no-start', 'leave the new instance stopped')
    .action(async (ref: string, name: string, options: Options) => {
      const { view, cloned } = await session.act(async (compute, acting) => {
        const request = { name, start: options.start, ...readNetworkOptions(options) };
        const made = await compute.clone(ref, request, acting);
        return { cloned: made, view: await compute.show(made.instance.id) };
      });
      const { consistency, why } = cloned;
      await session.note(`Cloned ${name}`);
      if (why !== null) await session.note(`The filesystems were not frozen: ${why}`);
      if (session.options.output === 'table') return;
      await session.print({ data: { ...instanceRecord(view), consistency, why }, text: () => '' });
    });
};
