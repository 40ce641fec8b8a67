// A port: the network identity of one interface of an instance. Field names follow Neutron.
import type { Addressing } from './addressing.ts';

export type PortBinding =
  /** A libvirt network, by name. `bridge` is the bridge libvirt made for it. */
  | { readonly kind: 'network'; readonly network: string; readonly bridge: string }
  /** A bridge of the host, managed by somebody else. */
  | { readonly kind: 'bridge'; readonly bridge: string }
  /** QEMU's user-mode networking: outgoing only, needs no privilege. */
  | { readonly kind: 'user' };

export interface FixedIp {
  readonly address: string;
  readonly prefix: number;
}

export interface Port {
  /** UUID. */
  readonly id: string;
  readonly mac: string;
  readonly binding: PortBinding;
  /** The tap device's name: `tap` + the first eleven characters of the port's id. */
  readonly deviceName: string;
  readonly mtu: number | null;
  /** Somebody chose it, so that the guest is told it beside DHCP, which tells the network's. */
  readonly isMtuChosen: boolean;
  /** Addresses that are known beforehand: static leases, and those that the guest is told. */
  readonly fixedIps: readonly FixedIp[];
  /** How the guest gets its addresses, one entry for each subnet. Without any it is told nothing of the card. */
  readonly addressing: readonly Addressing[];
}

/** The network or bridge that a port is on; undefined for QEMU's own. */
export function networkOfPort({ binding }: Pick<Port, 'binding'>): string | undefined {
  switch (binding.kind) {
    case 'network':
      return binding.network;
    case 'bridge':
      return binding.bridge;
    case 'user':
      return undefined;
    default:
      return binding satisfies never;
  }
}

/** Linux allows 15 characters in a device's name; Neutron takes 14. */
export function tapName(portId: string): string {
  return `tap${portId}`.slice(0, 14);
}
