// A network as a record, and as a person reads it.
import type { NetworkView } from '../../../compute/index.ts';
import type { Document } from '../../output.ts';
import { formatPairs, formatTable } from '../../table.ts';

export function networkRecord(view: NetworkView) {
  const { name, subnet, gateway, forward, domain, mtu, bridge } = view;
  return {
    ...{ name, subnet, gateway, forward, domain, mtu, bridge },
    active: view.isActive,
    managed: view.isManaged,
    instances: [...view.instances],
    ports: [...view.ports],
  };
}

export function networksDocument(views: readonly NetworkView[]): Document {
  return {
    data: views.map(networkRecord),
    text: () =>
      formatTable({
        head: ['NAME', 'SUBNET', 'FORWARD', 'BRIDGE', 'STATE', 'MADE BY', 'INSTANCES', 'PORTS'],
        rows: views.map((view) => [
          view.name,
          view.subnet ?? '-',
          view.forward,
          view.bridge ?? '-',
          stateOf(view),
          makerOf(view),
          `${view.instances.length}`,
          `${view.ports.length}`,
        ]),
      }),
  };
}

export function networkDocument(view: NetworkView): Document {
  return {
    data: networkRecord(view),
    text: () =>
      formatPairs([
        ['name', view.name],
        ['subnet', view.subnet ?? '-'],
        ['gateway', view.gateway ?? '-'],
        ['forward', view.forward],
        ['domain', view.domain ?? '-'],
        ['mtu', view.mtu === null ? '-' : `${view.mtu}`],
        ['bridge', view.bridge ?? '-'],
        ['state', stateOf(view)],
        ['made by', makerOf(view)],
        ['instances', view.instances.join('\n') || '-'],
        ['ports', view.ports.join('\n') || '-'],
      ]),
  };
}

function stateOf({ isActive }: NetworkView): string {
  return isActive ? 'active' : 'off';
}

function makerOf({ isManaged }: NetworkView): string {
  return isManaged ? 'novalet' : 'others';
}
