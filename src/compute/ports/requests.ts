// What may be asked about ports that have a name of their own, and what is answered.
import type { FixedIp } from '../../model/index.ts';

/**
 * Network cards that are there before their instance and after it, with the MAC address and the address that they are known by.
 * An instance takes one by `NetworkRequest.port`, at its launch or by `interfaces.attach`, and lets go of it when it is deleted or
 * the card detached.
 */
export interface Ports {
  /**
   * Throws `PORT_NAME_INVALID`, `PORT_EXISTS`, `ADDRESS_TAKEN`, `ADDRESS_NOT_KEPT`, `ADDRESS_EXHAUSTED`, `MAC_TAKEN`,
   * `NETWORK_REQUEST_INVALID` and what finding a launch's network throws.
   */
  create(request: PortCreateRequest): Promise<PortView>;
  /** Oldest first. */
  list(): Promise<readonly PortView[]>;
  /** By name, id, or the beginning of an id that fits one. Throws `PORT_NOT_FOUND` or `PORT_AMBIGUOUS`. */
  show(ref: string): Promise<PortView>;
  /** Throws as `show`, and `PORT_IN_USE` while an instance has it. */
  remove(ref: string): Promise<void>;
}

export interface PortCreateRequest {
  readonly name: string;
  /** As of a launch: a libvirt network or a bridge of the host; the managed one when left out. */
  readonly network?: string;
  /** Made up when left out. On a network of novalet's, which has a MAC address for each of its addresses, one of those. */
  readonly mac?: string;
  /**
   * On a network of novalet's one of those that it keeps, the next free one when left out. Elsewhere a static one of the guest's,
   * with its prefix: 192.0.2.10/24; none when left out.
   */
  readonly address?: string;
}

export interface PortView {
  readonly id: string;
  readonly name: string;
  /** The network's or the bridge's name; `user` in libvirt's session mode. */
  readonly network: string;
  readonly mac: string;
  readonly addresses: readonly FixedIp[];
  /** Which has it now. */
  readonly instance: { readonly id: string; readonly name: string } | null;
}
