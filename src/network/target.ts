// What an interface can be attached to, as found on the host.
import type { Network } from '../libvirt-xml/index.ts';
import { stateOfNetwork } from './mark.ts';

export type AttachTarget =
  /** A libvirt network that is active. */
  | {
      readonly kind: 'network';
      readonly network: string;
      readonly bridge: string;
      readonly mtu: number | null;
      /** Null where novalet keeps no addresses: the network, or its way to serve DHCP, is somebody else's. */
      readonly staticLeases: StaticLeases | null;
      /** The state directory in which its addresses are recorded, by its mark. */
      readonly state?: string;
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
  /** The host's own address in the network. */
  readonly gateway: string;
  readonly prefix: number;
  /** Nothing leads out of the network, also not over the host. */
  readonly isIsolated: boolean;
  readonly pairs: readonly { readonly address: string; readonly mac: string }[];
}

/** A network as a target. `isOurs`: whether addresses may be kept in it. */
export function networkTarget(network: Network, isOurs: boolean): Extract<AttachTarget, { kind: 'network' }> {
  const state = stateOfNetwork(network);
  return {
    kind: 'network',
    network: network.name,
    bridge: network.bridge ?? '',
    mtu: network.mtu ?? null,
    staticLeases: isOurs ? staticLeasesOf(network) : null,
    ...(state === undefined ? {} : { state }),
  };
}

/** Null where it keeps no addresses for ports. */
export function staticLeasesOf(network: Network): StaticLeases | null {
  for (const { family, address: gateway, prefix, dhcp } of network.ips) {
    const unnamed = dhcp?.hosts.filter(({ name }) => name === undefined) ?? [];
    if (family !== 'ipv4' || unnamed.length === 0) continue;
    const pairs = unnamed.map(({ address, mac }) => ({ address, mac }));
    return { gateway, prefix, isIsolated: network.forward === 'isolated', pairs };
  }
  return null;
}
