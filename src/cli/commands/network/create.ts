// novalet network create NAME
import { Option } from 'commander';
import { defined } from '../../defined.ts';
import type { Define } from '../../registry.ts';
import { wholeNumber } from '../../values.ts';
import { networkDocument } from './record.ts';

interface CreateOptions {
  readonly subnet?: string;
  readonly forward: 'nat' | 'none';
  readonly domain?: string;
  readonly mtu?: number;
}

export const createNetwork: Define = (command, session) => {
  command
    .argument('<name>', 'name of the new network')
    .option('--subnet <subnet>', 'IPv4 subnet as 192.168.150.0/24 (default: a free one)')
    .addOption(
      new Option('--forward <forward>', 'nat, or none: nothing leads out of it')
        .choices(['nat', 'none'])
        .default('nat'),
    )
    .option('--domain <domain>', "DNS domain of its guests (default: the configuration's dhcp_domain)")
    .addOption(
      new Option('--mtu <bytes>', "MTU (default: 1500, or the host's way out)").argParser(
        wholeNumber('--mtu', 576),
      ),
    )
    .action(async (name: string, { subnet, forward, domain, mtu }: CreateOptions) => {
      const request = { name, forward, ...defined({ subnet, domain, mtu }) };
      await session.print(
        networkDocument(
          await session.act(async (compute, options) => await compute.networks.create(request, options)),
        ),
      );
    });
};
