// What a launch asks for one network card.
import type { DhcpAddressing, Ipv6Addressing, StaticAddressing } from './addressing.ts';

export interface NetworkRequest {
  /** A port that is there already, by name or id. It has its network, its MAC address and its address, which are not asked for then. */
  readonly port?: string;
  /** A libvirt network or a bridge of the host; the managed NAT network when left out. */
  readonly network?: string;
  /** Made up when left out. On the managed network, which has a MAC address for each of its addresses, one of those. */
  readonly mac?: string;
  /** The network's when left out. The guest is told a given one also where DHCP tells one. */
  readonly mtu?: number;
  /** How the guest gets its addresses: IPv4 by DHCP when left out. With none the guest is told nothing of the card. */
  readonly addressing?: readonly AddressingRequest[];
}

export type AddressingRequest = DhcpAddressing | Ipv6Addressing | StaticRequest;

/** On the managed network an IPv4 address is one of those that it keeps, and prefix, gateway and DNS are the network's. */
export interface StaticRequest extends Omit<StaticAddressing, 'prefix' | 'gateway'> {
  readonly prefix?: number;
  /** Null for none where there would be one: the first card's on the managed network. */
  readonly gateway?: string | null;
}
