// What a process left that died while it attached or detached an interface: afterwards record, addresses, definition and
// running domain agree.
import { asFault, isFault } from '../../base/index.ts';
import type { Domain } from '../../libvirt/index.ts';
import type { Instance, Port } from '../../model/index.ts';
import { detachDevice } from '../devices/detach-device.ts';
import { findDevice } from '../devices/find-device.ts';
import type { DomainContext } from '../domain-of.ts';
import { powerStateOf } from '../power-state.ts';
import type { Tools } from '../tools.ts';
import { dropPort } from './change-ports.ts';
import { interfaceXml, isInterfaceOf } from './interface-xml.ts';

/** A repair holds up a command that somebody else gave. */
const TRY_TIMEOUT_MS = 5000;

export async function repairPorts(tools: Tools, instance: Instance): Promise<void> {
  const domain = await tools.libvirt.findDomain(instance);
  if (domain === undefined || instance.adoption !== null) return; // the next definition follows the record
  const { domain: host } = await tools.host.facts();
  const context = { settings: tools.settings, instances: tools.paths.instances, host };
  for (const port of instance.ports) await repairPort(tools, instance, { domain, port, context });
}

interface Place {
  readonly domain: Domain;
  readonly port: Port;
  readonly context: DomainContext;
}

async function repairPort(tools: Tools, instance: Instance, place: Place): Promise<void> {
  const { domain, port, context } = place;
  const isIt = isInterfaceOf(port);
  const runs = (await powerStateOf(domain)) !== 'SHUTDOWN';
  if (await isDefined(place, instance)) {
    if (!runs || (await findDevice(domain, 'live', isIt)) !== undefined) return;
    await domain.attachDevice(interfaceXml(instance, port, context), { live: true });
    return;
  }
  try {
    const device = { what: `the interface ${port.mac}`, isIt };
    await detachDevice(tools, instance, device, { tries: 1, tryTimeoutMs: TRY_TIMEOUT_MS });
    dropPort(tools, instance.id, port);
  } catch (error) {
    if (!isFault(error, 'DEVICE_NOT_DETACHED', 'DEVICE_DETACH_REFUSED')) throw error;
    tools.log.warn({ err: asFault(error), instance: instance.id }, 'the guest keeps an interface');
    await domain.attachDevice(interfaceXml(instance, port, context), { config: true });
  }
}

/** libvirt may still be at what the dead process asked of it: it is done with that before it says what it has. */
async function isDefined({ domain, port, context }: Place, instance: Instance): Promise<boolean> {
  const isIt = isInterfaceOf(port);
  if ((await findDevice(domain, 'definition', isIt)) !== undefined) return true;
  try {
    await domain.detachDevice(interfaceXml(instance, port, context), { config: true });
  } catch (error) {
    if (!isFault(error, 'DEVICE_NOT_FOUND')) throw error;
  }
  return false;
}
