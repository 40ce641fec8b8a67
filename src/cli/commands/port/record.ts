// A port of its own name as a record, and as a person reads it.
import type { PortView } from '../../../compute/index.ts';
import type { Document } from '../../output.ts';
import { formatPairs, formatTable } from '../../table.ts';

export function namedPortRecord({ id, name, network, mac, addresses, instance }: PortView) {
  return {
    ...{ id, name, network, mac },
    fixed_ips: addresses.map(({ address, prefix }) => ({ address, prefix })),
    instance: instance === null ? null : { id: instance.id, name: instance.name },
  };
}

export function portsDocument(views: readonly PortView[]): Document {
  return {
    data: views.map(namedPortRecord),
    text: () =>
      formatTable({
        head: ['NAME', 'NETWORK', 'MAC', 'ADDRESS', 'INSTANCE'],
        rows: views.map((view) => [
          view.name,
          view.network,
          view.mac,
          addressesOf(view),
          view.instance?.name ?? '-',
        ]),
      }),
  };
}

export function portDocument(view: PortView): Document {
  return {
    data: namedPortRecord(view),
    text: () =>
      formatPairs([
        ['id', view.id],
        ['name', view.name],
        ['network', view.network],
        ['mac', view.mac],
        ['address', addressesOf(view)],
        ['instance', view.instance?.name ?? '-'],
      ]),
  };
}

function addressesOf({ addresses }: PortView): string {
  return addresses.map(({ address, prefix }) => `${address}/${prefix}`).join(', ') || '-';
}
