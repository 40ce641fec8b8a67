// Takes a network card away: from the guest, then from the record, and its address is somebody else's.
import type { Port } from '../../model/index.ts';
import type { ActOptions } from '../compute.ts';
import { detachDevice } from '../devices/detach-device.ts';
import { told } from '../emit-step.ts';
import { holdInstance } from '../holding.ts';
import { requireOwn } from '../state-conflict.ts';
import type { Tools } from '../tools.ts';
import { dropPort, findPort, requireUnused } from './change-ports.ts';
import { isInterfaceOf } from './interface-xml.ts';

/** Interfaces.detach. */
export async function detachInterface(
  tools: Tools,
  ref: string,
  which: string,
  options: ActOptions,
): Promise<Port> {
  requireOwn(tools.store.instances.find(ref), 'detach-interface');
  using held = await holdInstance(tools, ref, 'detach-interface', { state: 'detaching', ...options });
  const { instance } = held;
  const port = findPort(instance, tools.store.ports.idOf(which) ?? which);
  requireUnused(instance, port);
  const what = `the interface ${port.mac}`;
  await told(options, 'detach', `taking off ${what}`, async () => {
    await detachDevice(tools, instance, { what, isIt: isInterfaceOf(port) }, options);
    dropPort(tools, instance.id, port);
  });
  return port;
}
