// novalet interface attach INSTANCE
import type { InterfaceAttached } from '../../../compute/index.ts';
import { networkOfPort } from '../../../model/index.ts';
import { defined } from '../../defined.ts';
import { exitCodeOf } from '../../exit-codes.ts';
import { readNetwork } from '../../launch-options/networks.ts';
import { portRecord } from '../../network-record.ts';
import { INSTANCE } from '../../operands.ts';
import type { Define } from '../../registry.ts';

interface AttachOptions {
  readonly network?: string;
  readonly port?: string;
  readonly configure: boolean;
}

export const attachInterface: Define = (command, session) => {
  command
    .argument('<instance>', INSTANCE)
    .option(
      '--network <network>',
      'as for launch (default: a NAT network of our own): libvirt network or bridge; address=, mac= and more behind a comma',
    )
    .option('--port <port>', 'a port that there is, with its MAC address and its address')
    .option('--no-configure', 'leave the guest alone, and give it no addresses')
    .action(async (ref: string, { network = '', port: named, configure }: AttachOptions) => {
      const request = { ...readNetwork(network), ...defined({ port: named }), configure };
      const attached = await session.act(
        async (compute, options) => await compute.interfaces.attach(ref, request, options),
      );
      const { port, inside } = attached;
      await session.note(
        `Attached ${port.mac} on ${networkOfPort(port) ?? 'user'} to ${ref}${wordsOf(attached)}`,
      );
      if (inside.kind === 'failed') {
        session.exitCode = exitCodeOf(inside.fault);
        const { message, code, hint } = inside.fault;
        await session.warn(`${message} [${code}]${hint === undefined ? '' : `; ${hint}`}`);
      }
      if (session.options.output !== 'table') await session.print({ data: record(attached), text: () => '' });
    });
};

function wordsOf({ inside }: InterfaceAttached): string {
  if (inside.kind !== 'configured') return '';
  const addresses = inside.addresses.join(', ') || 'no address';
  return `: ${inside.name} in the guest, with ${addresses} by ${inside.by}`;
}

function record({ port, inside }: InterfaceAttached) {
  const isConfigured = inside.kind === 'configured';
  return {
    ...portRecord(port),
    inside: {
      state: inside.kind,
      name: isConfigured ? inside.name : null,
      by: isConfigured ? inside.by : null,
      addresses: isConfigured ? inside.addresses : [],
      fault: inside.kind === 'failed' ? { code: inside.fault.code, message: inside.fault.message } : null,
    },
  };
}
