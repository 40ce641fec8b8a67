// How a guest gets the addresses of a network card. The IPv6 words are Neutron's.

export type Addressing = DhcpAddressing | StaticAddressing | Ipv6Addressing;

export interface DhcpAddressing {
  readonly kind: 'dhcp';
  readonly version: 4 | 6;
  /** Listed among the services; DHCP tells them to the guest as well. */
  readonly dns?: readonly string[];
}

export interface StaticAddressing {
  readonly kind: 'static';
  readonly address: string;
  readonly prefix: number;
  readonly gateway?: string;
  readonly routes?: readonly Route[];
  readonly dns?: readonly string[];
}

/** Neutron's ipv6_address_mode: the router, or DHCPv6, tells the guest what may be known beforehand here. */
export interface Ipv6Addressing {
  readonly kind: 'slaac' | 'dhcpv6-stateless' | 'dhcpv6-stateful';
  /** Together with its prefix, where it is known. */
  readonly address?: string;
  readonly prefix?: number;
  readonly gateway?: string;
  readonly routes?: readonly Route[];
  readonly dns?: readonly string[];
}

export interface Route {
  /** Address and prefix, for example `10.20.0.0/16`. */
  readonly destination: string;
  readonly gateway: string;
}

/** IPv4 by DHCP: what a port has that nobody asked more of. */
export const PLAIN_ADDRESSING: readonly Addressing[] = [{ kind: 'dhcp', version: 4 }];
