// What an interface can be attached to, as found on the host.
import { type DhcpHost, type Network, readNetwork } from '../libvirt-xml/index.ts';

export type AttachTarget =
  /** A libvirt network that is active. */
  | {
      readonly kind: 'network';
      readonly network: string;
      readonly bridge: string;
      readonly mtu: number | null;
      /** Null where novalet keeps no addresses: the network is somebody else's. */
      readonly staticLeases: StaticLeases | null;
    }
  /** A bridge of the host that libvirt did not make; addresses come from whoever serves it. */
  | { readonly kind: 'bridge'; readonly bridge: string; readonly mtu: number | null }
  /** QEMU's own user-mode network. */
  | { readonly kind: 'user' }
  /** No interface at all. */
  | { readonly kind: 'none' };

/** The IPv4 range of a network in which novalet keeps an address for each port. */
export interface StaticLeases {
  readonly gateway: string;
  readonly prefix: number;
  readonly first: string;
  readonly last: string;
  /** Those that the network has now. */
  readonly hosts: readonly DhcpHost[];
}

/** Reads a network's XML as a target. `isOurs`: whether static leases may be made in it. */
export function networkTarget(xml: string, isOurs: boolean): Extract<AttachTarget, { kind: 'network' }> {
  const network = readNetwork(xml);
  return {
    kind: 'network',
    network: network.name,
    bridge: network.bridge ?? '',
    mtu: network.mtu ?? null,
    staticLeases: isOurs ? staticLeasesOf(network) : null,
  };
}

function staticLeasesOf(network: Network): StaticLeases | null {
  for (const ip of network.ips) {
    const range = ip.dhcp?.ranges[0];
    if (ip.family !== 'ipv4' || ip.dhcp === null || range === undefined) continue;
    const { start: first, end: last } = range;
    return { gateway: ip.address, prefix: ip.prefix, first, last, hosts: ip.dhcp.hosts };
  }
  return null;
}
