// A port of its own name as it is told.
import type { NamedPort } from '../../model/index.ts';
import type { Tools } from '../tools.ts';
import { networkNameOf } from './named-place.ts';
import type { PortView } from './requests.ts';

export function viewOf({ store }: Tools, port: NamedPort): PortView {
  const { id, name, mac, fixedIps: addresses } = port;
  return { id, name, network: networkNameOf(port), mac, addresses, instance: store.ports.holderOf(id) };
}
