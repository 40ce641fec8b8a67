// What is shown of an instance: its record beside what libvirt shows now.
import type { Domain } from '../libvirt/index.ts';
import type { VncFacts } from '../libvirt-xml/index.ts';
import type { Instance, PowerState } from '../model/index.ts';
import type { InstanceView } from './compute.ts';
import { powerStateFrom } from './power-state.ts';
import { apiStatus } from './reconcile.ts';
import { presentForm } from './rescue/rescued-form.ts';
import type { Tools } from './tools.ts';

/** All instances with their power states, by one call to libvirt. The agent and VNC are told by `show` alone. */
export async function listViews(tools: Tools): Promise<readonly InstanceView[]> {
  const instances = tools.store.instances.list();
  if (instances.length === 0) return [];
  const domains = await (await tools.libvirt.control()).listDomains();
  const states = new Map(domains.map(({ uuid, state }) => [uuid, powerStateFrom(state)]));
  return instances.map((instance) => view(instance, states.get(instance.id) ?? 'NOSTATE'));
}

export async function showView(tools: Tools, ref: string): Promise<InstanceView> {
  const instance = tools.store.instances.find(ref);
  const domain = await tools.libvirt.findDomain(instance);
  if (domain === undefined) return view(instance, 'NOSTATE');
  return await tools.libvirt.whilePresent(instance, () => viewOf(instance, domain));
}

async function viewOf(instance: Instance, domain: Domain): Promise<InstanceView> {
  const power = powerStateFrom((await domain.state()).state);
  const { liveDomainFacts } = await import('../libvirt-xml/index.ts'); // `list` reads no document
  const { agent, vnc, id } = liveDomainFacts(await domain.xml());
  const runs = id !== null;
  return {
    ...view(instance, power),
    agent: agent === null ? 'absent' : (agent.state ?? (runs ? 'unknown' : 'disconnected')),
    vnc: vnc === null ? null : vncPlace(vnc),
  };
}

function view(instance: Instance, powerState: PowerState): InstanceView {
  const { disks, volumes } = presentForm(instance);
  return {
    instance,
    powerState,
    status: apiStatus(instance, powerState),
    agent: 'unknown',
    vnc: null,
    addresses: instance.ports.flatMap(({ fixedIps }) => fixedIps.map(({ address }) => address)),
    attached: { disks, volumes },
  };
}

/** Where a viewer connects to, while the domain runs. */
function vncPlace({ listen, port, socket }: VncFacts): string | null {
  if (socket !== null) return socket;
  return port === null ? null : `${listen ?? '127.0.0.1'}:${port}`;
}
