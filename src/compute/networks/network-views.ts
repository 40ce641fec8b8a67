// libvirt's networks as they are told: whose each is, and who uses it.
import { Fault } from '../../base/index.ts';
import type { Network } from '../../libvirt-xml/index.ts';
import {
  type FoundNetwork,
  formatSubnet,
  parseIpv4,
  stateOfNetwork,
  staticLeasesOf,
  subnetOf,
} from '../../network/index.ts';
import { isElsewhere } from '../state-owner.ts';
import type { Tools } from '../tools.ts';
import { networkUsers } from './network-users.ts';
import type { NetworkView } from './requests.ts';

export async function viewOf(tools: Tools, found: FoundNetwork): Promise<NetworkView> {
  const { description, isActive } = found;
  const ip = description.ips.find(({ family }) => family === 'ipv4');
  const bridge = description.bridge ?? null;
  return {
    name: description.name,
    subnet: ip === undefined ? null : subnetText(ip.address, ip.prefix),
    gateway: ip?.address ?? null,
    forward: forwardOf(description),
    domain: description.domain ?? null,
    mtu: description.mtu ?? null,
    bridge,
    isActive,
    isManaged: await isManaged(tools, description),
    ...networkUsers(tools, description.name, bridge),
  };
}

/** Whether this novalet keeps the network's addresses: by its mark, and by its form where an older version made it. */
export async function isManaged({ settings, paths }: Tools, description: Network): Promise<boolean> {
  const state = stateOfNetwork(description);
  if (state !== undefined) return !(await isElsewhere(paths.stateDir, state));
  return description.name === settings.networkName && staticLeasesOf(description) !== null;
}

export function forwardOf({ forward }: Pick<Network, 'forward'>): string {
  return forward === 'isolated' ? 'none' : forward;
}

export function subnetText(address: string, prefix: number): string | null {
  const number = parseIpv4(address);
  return number === undefined ? null : formatSubnet(subnetOf(number, prefix));
}

export function networkNotFound(name: string, names: readonly string[]): Fault {
  return new Fault('not-found', 'NETWORK_NOT_FOUND', `There is no libvirt network "${name}" on this host`, {
    hint:
      names.length === 0
        ? 'There is none at all. Make one: novalet network create NAME'
        : `There are: ${names.join(', ')}. Make another: novalet network create NAME`,
    details: { network: name },
  });
}
