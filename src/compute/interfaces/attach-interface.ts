// A network card for an instance that was launched already. Record first: what a dead process leaves is found in it.
import { asFault, Fault } from '../../base/index.ts';
import { find, parseXml } from '../../libvirt-xml/index.ts';
import type { Instance, Port } from '../../model/index.ts';
import type { NetworkPlace } from '../../network/index.ts';
import type { ActOptions } from '../compute.ts';
import { detachDevice } from '../devices/detach-device.ts';
import { requireDefined } from '../devices/require-defined.ts';
import type { DomainContext } from '../domain-of.ts';
import { told } from '../emit-step.ts';
import { requireFreeSlot } from '../free-slots.ts';
import { holdInstance } from '../holding.ts';
import { inStage } from '../life/in-stage.ts';
import { networkCombinationInvalid } from '../network-faults.ts';
import { findPlaces, planPorts } from '../plan-ports.ts';
import { powerStateOf } from '../power-state.ts';
import { requireOwn } from '../state-conflict.ts';
import type { Tools } from '../tools.ts';
import { dropPort } from './change-ports.ts';
import { configureInside } from './configure-inside.ts';
import { interfaceXml, isInterfaceOf } from './interface-xml.ts';
import type { AttachInterfaceRequest, InterfaceAttached } from './requests.ts';

const MOST_CARDS = 16;
const ATTACH_TIMEOUT_MS = 60_000;

/** Interfaces.attach. */
export async function attachInterface(
  tools: Tools,
  ref: string,
  { configure = true, ...request }: AttachInterfaceRequest,
  options: ActOptions,
): Promise<InterfaceAttached> {
  const { instance, port, isRunning } = await plugIn(tools, ref, { request, options });
  if (!configure || !isRunning || port.addressing.length === 0) return { port, inside: { kind: 'left' } };
  const inside = await told(options, 'configure', 'giving it addresses in the guest', () =>
    configureInside(tools, instance, port, options),
  );
  return { port, inside };
}

interface Wish {
  readonly request: Omit<AttachInterfaceRequest, 'configure'>;
  readonly options: ActOptions;
}

interface PluggedIn {
  readonly instance: Instance;
  readonly port: Port;
  readonly isRunning: boolean;
}

async function plugIn(tools: Tools, ref: string, { request, options }: Wish): Promise<PluggedIn> {
  const { signal } = options;
  requireOwn(tools.store.instances.find(ref), 'attach-interface');
  using held = await holdInstance(tools, ref, 'attach-interface', { state: 'attaching', ...options });
  const { instance } = held;
  if (instance.ports.length >= MOST_CARDS) throw full(instance);
  const places = await findPlaces(tools, { networks: [request] }, 'allocate', signal);
  const [place] = places;
  if (place === undefined) throw networkCombinationInvalid();
  await requireSlot(tools, instance);
  const { domain: host } = await tools.host.facts();
  const context = { settings: tools.settings, instances: tools.paths.instances, host };
  const port = addPort(tools, instance, place);
  try {
    const isRunning = await told(options, 'attach', 'attaching the interface', () =>
      plug(tools, tools.store.instances.find(instance.id), { port, context, signal }),
    );
    return { instance: tools.store.instances.find(instance.id), port, isRunning };
  } catch (error) {
    await takeBack(tools, instance, port);
    throw error;
  }
}

/** Throws `NO_FREE_SLOT` and `DOMAIN_UNDEFINED`. */
async function requireSlot(tools: Tools, instance: Instance): Promise<void> {
  const domain = await tools.libvirt.findDomain(instance);
  if (domain !== undefined) await requireDefined(instance, domain);
  if (domain === undefined || (await powerStateOf(domain)) === 'SHUTDOWN') return;
  const devices = find(parseXml(await domain.xml(), "a domain's XML"), 'devices');
  if (devices !== undefined) requireFreeSlot(devices, instance, 'another interface');
}

/** With its address, in one transaction. */
function addPort(tools: Tools, instance: Instance, place: NetworkPlace): Port {
  const { store } = tools;
  return store.transaction(() => {
    const isFurther = instance.ports.length > 0;
    const holder = { instanceId: instance.id };
    const [port] = planPorts(tools, [{ ...place, isFurther }], holder, 'allocate');
    if (port === undefined) throw networkCombinationInvalid();
    store.instances.change(instance.id, (current) => ({ ...current, ports: [...current.ports, port] }));
    return port;
  });
}

interface Plug {
  readonly port: Port;
  readonly context: DomainContext;
  readonly signal: AbortSignal | undefined;
}

/** Whether the guest runs, and may be told. Without a domain its next definition has the card. */
async function plug(tools: Tools, instance: Instance, { port, context, signal }: Plug): Promise<boolean> {
  const domain = await tools.libvirt.findDomain(instance);
  if (domain === undefined) return false;
  const power = await powerStateOf(domain);
  const live = power === 'RUNNING' || power === 'PAUSED';
  const stage = `libvirt to attach an interface to ${instance.name}`;
  await inStage(tools, instance, { stage, timeoutMs: ATTACH_TIMEOUT_MS, signal }, async () => {
    await domain.attachDevice(interfaceXml(instance, port, context), { config: true, live });
  });
  return power === 'RUNNING';
}

/** libvirt may have attached it all the same: then it stays in the record too, until somebody detaches it. */
async function takeBack(tools: Tools, instance: Instance, port: Port): Promise<void> {
  const device = { what: `the interface ${port.mac}`, isIt: isInterfaceOf(port) };
  try {
    await detachDevice(tools, instance, device, { tries: 1 });
    dropPort(tools, instance.id, port);
  } catch (error) {
    tools.log.warn({ err: asFault(error), instance: instance.id }, 'a half attached interface stays');
  }
}

function full({ name }: Instance): Fault {
  return new Fault(
    'exhausted',
    'INTERFACES_FULL',
    `${name} has ${MOST_CARDS} interfaces, and no guest has more`,
    {
      hint: `Take one away first: novalet interface list ${name}`,
    },
  );
}
