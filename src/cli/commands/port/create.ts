// novalet port create NAME
import { defined } from '../../defined.ts';
import type { Define } from '../../registry.ts';
import { portDocument } from './record.ts';

interface CreateOptions {
  readonly network?: string;
  readonly mac?: string;
  readonly address?: string;
}

export const createPort: Define = (command, session) => {
  command
    .argument('<name>', 'name of the new port')
    .option('--network <network>', 'libvirt network or bridge of the host (default: the managed network)')
    .option('--mac <mac>', 'MAC address (default: one is made up)')
    .option(
      '--address <address>',
      "address; a prefix behind it, as in 192.0.2.10/24, where the network is not novalet's (default there: none, and here: the next one)",
    )
    .action(async (name: string, { network, mac, address }: CreateOptions) => {
      const request = { name, ...defined({ network, mac, address }) };
      await session.print(
        portDocument(await session.act(async (compute) => await compute.ports.create(request))),
      );
    });
};
