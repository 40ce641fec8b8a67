// The ports of a record beside what the running domain has of them.
import { liveDomainFacts } from '../../libvirt-xml/index.ts';
import { powerStateOf } from '../power-state.ts';
import type { Tools } from '../tools.ts';
import type { InterfaceView } from './requests.ts';

/** Interfaces.list. */
export async function listInterfaces(tools: Tools, ref: string): Promise<readonly InterfaceView[]> {
  const instance = tools.store.instances.find(ref);
  const domain = await tools.libvirt.findDomain(instance);
  const power = await powerStateOf(domain);
  if (domain === undefined || power === 'SHUTDOWN')
    return instance.ports.map((port) => ({ port, isLive: null }));
  const { interfaces } = liveDomainFacts(await domain.xml());
  const macs = new Set(interfaces.map(({ mac }) => mac?.toLowerCase()));
  return instance.ports.map((port) => ({ port, isLive: macs.has(port.mac) }));
}
