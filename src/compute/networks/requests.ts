// What may be asked about the networks of this host, and what is answered.
import type { ActOptions } from '../compute.ts';

/** libvirt's networks: those that novalet makes, and, to be looked at only, those of others. */
export interface Networks {
  /**
   * Makes one as the managed network is made: started, also with the host, with an address for every port that it will ever
   * have. One that a process left half made, and that is as asked, is finished. Throws `NETWORK_NAME_INVALID`,
   * `NETWORK_EXISTS`, `NETWORK_REQUEST_INVALID`, `NETWORK_NEEDS_SYSTEM`, and what making the managed network throws.
   */
  create(request: NetworkCreateRequest, options?: ActOptions): Promise<NetworkView>;
  /** By name; also those that others made. */
  list(): Promise<readonly NetworkView[]>;
  /** Throws `NETWORK_NOT_FOUND`. */
  show(name: string): Promise<NetworkView>;
  /**
   * Stops and removes one of novalet's. Throws `NETWORK_NOT_FOUND`, `NETWORK_IN_USE`, which names the instances and ports that
   * use it, and `NETWORK_NOT_MANAGED` of one that others made.
   */
  remove(name: string, options?: ActOptions): Promise<void>;
}

export interface NetworkCreateRequest {
  readonly name: string;
  /** a.b.c.d/len; a free one when left out. */
  readonly subnet?: string;
  /** `none`: its guests reach each other and the host, and nothing else. `nat` when left out. */
  readonly forward?: 'nat' | 'none';
  /** DNS domain of its guests; the configuration's `dhcp_domain` when left out. */
  readonly domain?: string;
  /** 1500, or what the host's way out carries where that is less, when left out. */
  readonly mtu?: number;
}

export interface NetworkView {
  readonly name: string;
  /** a.b.c.d/len; null of one in which libvirt has no IPv4 address. */
  readonly subnet: string | null;
  /** The host's own address in it; in an isolated one there is no way out over it. */
  readonly gateway: string | null;
  /** `nat`, `none`, or, of one that others made, another of libvirt's words. */
  readonly forward: string;
  readonly domain: string | null;
  /** Null where nobody chose one: 1500. */
  readonly mtu: number | null;
  /** Null where libvirt chooses it at the start. */
  readonly bridge: string | null;
  readonly isActive: boolean;
  /** Made by this novalet, which keeps an address for each port in it. */
  readonly isManaged: boolean;
  /** Names of the instances that have a card in it. */
  readonly instances: readonly string[];
  /** Names of the ports in it, used and unused. */
  readonly ports: readonly string[];
}
