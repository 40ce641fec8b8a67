// A guest's addresses, from the best source that answers: its agent, else the leases of its networks.
import { isFault } from '../base/index.ts';
import type { Instance, Port } from '../model/index.ts';
import { leasesOf } from '../network/index.ts';
import type { ActOptions, GuestAddresses, GuestInterface } from './compute.ts';
import type { Tools } from './tools.ts';

/** Codes that mean "the agent cannot tell", so that the leases are asked. */
const NO_AGENT = [
  'AGENT_ABSENT',
  'AGENT_NOT_RUNNING',
  'AGENT_UNRESPONSIVE',
  'AGENT_COMMAND_BLOCKED',
  'AGENT_COMMAND_UNSUPPORTED',
  'AGENT_DISCONNECTED',
  'AGENT_DISABLED',
];

/** Throws `INSTANCE_NOT_RUNNING`; a guest without an agent is answered from leases, which may be none. */
export async function guestAddresses(
  tools: Tools,
  instance: Instance,
  options: ActOptions,
): Promise<GuestAddresses> {
  options.signal?.throwIfAborted();
  try {
    const agents = await tools.agents.get();
    const interfaces = await agents.use(instance, (agent) => agent.networkInterfaces());
    return {
      source: 'agent',
      interfaces: interfaces.map(({ mac, ...rest }) => ({ ...rest, mac: mac ?? null })),
    };
  } catch (error) {
    if (!isFault(error, ...NO_AGENT)) throw error;
    return { source: 'lease', interfaces: await leasedInterfaces(tools, instance) };
  }
}

/** The same for people, who want to see also what the guest was told and nobody has heard of since. */
export async function shownAddresses(
  tools: Tools,
  instance: Instance,
  options: ActOptions,
): Promise<GuestAddresses> {
  const found = await guestAddresses(tools, instance, options);
  return found.source === 'agent' ? found : withToldAddresses(found, instance.ports);
}

/** Interfaces are those of the ports, in their order. */
export function withToldAddresses(found: GuestAddresses, ports: readonly Port[]): GuestAddresses {
  const interfaces = found.interfaces.map((one) => {
    const told = ports.find(({ mac }) => mac === one.mac)?.addressing ?? [];
    const further = told.flatMap((way) => {
      if (way.kind !== 'static' || one.addresses.some(({ address }) => address === way.address)) return [];
      const { address, prefix } = way;
      return [{ address, prefix, family: familyOf(address) }];
    });
    return { ...one, addresses: [...one.addresses, ...further] };
  });
  return { ...found, interfaces };
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}

async function leasedInterfaces(tools: Tools, instance: Instance): Promise<readonly GuestInterface[]> {
  const interfaces: GuestInterface[] = [];
  for (const port of instance.ports) {
    const network = port.binding.kind === 'network' ? port.binding.network : undefined;
    const leases =
      network === undefined ? [] : await leasesOf(await tools.libvirt.control(), network, [port.mac]);
    const addresses = leases.map(({ address, prefix }) => ({
      address,
      prefix,
      family: familyOf(address),
    }));
    interfaces.push({ name: port.deviceName || port.mac, mac: port.mac, addresses });
  }
  return interfaces;
}

/** Whether an address by which the guest can be reached is among them: no loopback, no link-local one. */
export function hasUsableAddress(addresses: GuestAddresses): boolean {
  return addresses.interfaces.some(
    ({ name, addresses: list }) => name !== 'lo' && list.some(({ address }) => isUsable(address)),
  );
}

function isUsable(address: string): boolean {
  return !/^(127\.|169\.254\.|::1$|fe[89ab][0-9a-f]:)/i.test(address);
}
