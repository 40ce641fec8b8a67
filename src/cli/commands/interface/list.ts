// novalet interface list INSTANCE
import type { InterfaceView } from '../../../compute/index.ts';
import { networkOfPort } from '../../../model/index.ts';
import { portRecord } from '../../network-record.ts';
import { INSTANCE } from '../../operands.ts';
import type { Define } from '../../registry.ts';
import { formatTable } from '../../table.ts';

export const listInterfaces: Define = (command, session) => {
  command.argument('<instance>', INSTANCE).action(async (ref: string) => {
    const found = await session.query(async (compute) => await compute.interfaces.list(ref));
    await session.print({
      data: found.map(({ port, isLive }) => ({ ...portRecord(port), is_live: isLive })),
      text: () =>
        formatTable({ head: ['MAC', 'NETWORK', 'DEVICE', 'ADDRESSES', 'STATE'], rows: found.map(row) }),
    });
  });
};

function row({ port, isLive }: InterfaceView): readonly string[] {
  const addresses = port.fixedIps.map(({ address }) => address).join(', ');
  const state = isLive === null ? 'off' : isLive ? 'attached' : 'missing';
  return [port.mac, networkOfPort(port) ?? 'user', port.deviceName, addresses || '-', state];
}
