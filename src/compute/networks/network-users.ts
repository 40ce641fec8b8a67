// Who has a card in a network, or a port that is to become one.
import type { NamedPort, Port } from '../../model/index.ts';
import type { Tools } from '../tools.ts';

export interface NetworkUsers {
  /** Names. */
  readonly instances: readonly string[];
  readonly ports: readonly string[];
}

/** `bridge`: the network's own; cards that were put on it by that name count as well. */
export function networkUsers({ store }: Tools, network: string, bridge: string | null): NetworkUsers {
  const isIn = ({ binding }: Pick<Port | NamedPort, 'binding'>) =>
    binding.kind === 'network'
      ? binding.network === network
      : binding.kind === 'bridge' && binding.bridge === bridge;
  return {
    instances: store.instances.list().flatMap(({ name, ports }) => (ports.some(isIn) ? [name] : [])),
    ports: store.ports.list().flatMap((port) => (isIn(port) ? [port.name] : [])),
  };
}

export function isNetworkUsed(tools: Tools, network: string): boolean {
  const { instances, ports } = networkUsers(tools, network, null);
  return instances.length > 0 || ports.length > 0;
}
