// What an interface can be attached to, as found on the host.
import { type Network, readNetwork } from '../libvirt-xml/index.ts';

export type AttachTarget =
  /** A libvirt network that is active. */
  | {
      readonly kind: 'network';
      readonly network: string;
      readonly bridge: string;
      readonly mtu: number | null;
      /** Null where novalet keeps no addresses: the network, or its way to serve DHCP, is somebody else's. */
      readonly staticLeases: StaticLeases | null;
    }
  /** A bridge of the host that libvirt did not make; addresses come from whoever serves it. */
  | { readonly kind: 'bridge'; readonly bridge: string; readonly mtu: number | null }
  /** QEMU's own user-mode network. */
  | { readonly kind: 'user' }
  /** No interface at all. */
  | { readonly kind: 'none' };

/**
 * The addresses that a network keeps for ports, each for one MAC address: its `<host>` entries without a name, made with
 * the network. A port takes a pair as it is, since changing the entries of a running network costs libvirt a second.
 */
export interface StaticLeases {
  readonly gateway: string;
  readonly prefix: number;
  readonly pairs: readonly { readonly address: string; readonly mac: string }[];
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
  for (const { family, address: gateway, prefix, dhcp } of network.ips) {
    const unnamed = dhcp?.hosts.filter(({ name }) => name === undefined) ?? [];
    if (family !== 'ipv4' || unnamed.length === 0) continue;
    return { gateway, prefix, pairs: unnamed.map(({ address, mac }) => ({ address, mac })) };
  }
  return null;
}
