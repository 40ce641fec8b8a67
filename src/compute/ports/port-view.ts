// A port of its own name as it is told. Pure.
import type { NamedPort } from '../../model/index.ts';
import { networkNameOf } from './named-place.ts';
import type { PortView } from './requests.ts';

/** `holders`: by port, the instances that have them. */
export function viewOf(
  port: NamedPort,
  holders: ReadonlyMap<string, NonNullable<PortView['instance']>>,
): PortView {
  const { id, name, mac, fixedIps: addresses } = port;
  return { id, name, network: networkNameOf(port), mac, addresses, instance: holders.get(id) ?? null };
}
