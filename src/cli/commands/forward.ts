// novalet forward INSTANCE RULE…
import { once } from 'node:events';
import { Option } from 'commander';
import type { Forwarding, ForwardRoad, OpenForward } from '../../compute/index.ts';
import { defined } from '../defined.ts';
import { readForwardRule } from '../forward-rule.ts';
import { INSTANCE } from '../operands.ts';
import type { Define } from '../registry.ts';
import { formatTable } from '../table.ts';
import { wholeNumber } from '../values.ts';

interface ForwardOptions {
  readonly via?: ForwardRoad;
  readonly user?: string;
  readonly maxConnections?: number;
}

export const forward: Define = (command, session) => {
  command
    .description('Lead local ports and unix sockets into a running guest, until Ctrl-C.')
    .argument('<instance>', INSTANCE)
    .argument('<rule...>', '[BIND:]PORT:PORT: here, then in the guest; paths of unix sockets too')
    .addOption(
      new Option(
        '--via <road>',
        'the way into the guest (default: the network where it gets through, else a lane)',
      ).choices(['network', 'lane']),
    )
    .option('--user <user>', 'of the guest: as whom a lane connects (default: root)')
    .addOption(
      new Option('--max-connections <n>', 'at a time, for each rule (default: 128)').argParser(
        wholeNumber('--max-connections', 1),
      ),
    )
    .action(async (ref: string, texts: readonly string[], options: ForwardOptions) => {
      const request = { rules: texts.map(readForwardRule), ...defined({ ...options }) };
      await session.act(
        async (compute, { signal }) => {
          await using open = await compute.forward(ref, request, {
            signal,
            onTrouble: (fault) => {
              session.warn(fault.message).catch(() => session.interrupt.onPipeClosed()); // nobody reads what is said
            },
          });
          await session.print(documentOf(open));
          if (signal?.aborted === false) await once(signal, 'abort');
        },
        { progress: false },
      );
    });
};

function documentOf({ instance, forwards }: Forwarding) {
  return {
    data: forwards.map((one) => ({
      instance: instance.name,
      local: addressRecord(one.local),
      guest: addressRecord(one.guest),
      via: one.via,
    })),
    text: () =>
      formatTable({
        head: ['HERE', 'IN THE GUEST', 'VIA'],
        rows: forwards.map(({ local, guest, via }) => [wordOf(local), wordOf(guest), via]),
      }),
  };
}

type Address = OpenForward['local'];

function addressRecord(address: Address) {
  return 'path' in address
    ? { host: null, port: null, path: address.path }
    : { host: address.host, port: address.port, path: null };
}

function wordOf(address: Address): string {
  if ('path' in address) return address.path;
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}
