// novalet import FILE
import { defined } from '../defined.ts';
import { instanceDocument } from '../documents.ts';
import { addNetworkOptions, type NetworkOptions, readNetworkOptions } from '../launch-options/networks.ts';
import type { Define } from '../registry.ts';

interface ImportOptions extends NetworkOptions {
  readonly name?: string;
  readonly keepId?: boolean;
}

export const importInstance: Define = (command, session) => {
  command
    .description(
      'Make an instance of what novalet export wrote, stopped. The file is checked before it is believed; whoever made it decides what runs in the guest all the same.',
    )
    .argument('<file>', 'file, or - for stdin')
    .option('--name <name>', 'name of the instance (default: the one that it had)')
    .option(
      '--keep-id',
      'the same id, MAC addresses and addresses: for an instance that moves, not for a copy',
    );
  addNetworkOptions(command);
  command.action(async (file: string, options: ImportOptions) => {
    const { name, keepId } = options;
    const from = file === '-' ? session.streams.stdin : file;
    const request = { from, ...defined({ name, keepId }), ...readNetworkOptions(options) };
    const view = await session.act(async (compute, act) => {
      const { id } = await compute.importInstance(request, act);
      return await compute.show(id);
    });
    await session.print(instanceDocument(view));
  });
};
