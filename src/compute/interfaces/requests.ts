// Network interfaces of an instance after its launch.
import type { Fault } from '../../base/index.ts';
import type { NetworkRequest, Port } from '../../model/index.ts';
import type { ActOptions } from '../compute.ts';

export interface Interfaces {
  /** In the order in which the guest was given them. */
  list(ref: string): Promise<readonly InterfaceView[]>;
  /**
   * Plugs a network card into a guest that runs, and gives one that is off another card. Throws `INTERFACES_FULL`, the faults of a
   * launch's networks and libvirt's; that the guest could not be told of its addresses is no failure, but in `inside`.
   */
  attach(ref: string, request?: AttachInterfaceRequest, options?: ActOptions): Promise<InterfaceAttached>;
  /**
   * Takes one away, named by its MAC address, its port's name, its id or a beginning of it, its tap or one of its addresses. Throws
   * `INTERFACE_NOT_FOUND`, `INTERFACE_IN_USE`, `DEVICE_NOT_DETACHED` and `DEVICE_DETACH_REFUSED`.
   */
  detach(ref: string, which: string, options?: ActOptions): Promise<Port>;
}

/** As a launch asks for it; on the managed network when left out. */
export interface AttachInterfaceRequest extends NetworkRequest {
  /** False leaves the guest alone. True when left out. */
  readonly configure?: boolean;
}

export interface InterfaceView {
  readonly port: Port;
  /** Whether the running domain has it; null while nothing runs. */
  readonly isLive: boolean | null;
}

export interface InterfaceAttached {
  readonly port: Port;
  readonly inside: InsideView;
}

/** What became of it within the guest. */
export type InsideView =
  | {
      readonly kind: 'configured';
      /** As the guest calls it. */
      readonly name: string;
      /** What gave it its addresses: `itself` where the guest did so unasked. */
      readonly by: string;
      readonly addresses: readonly string[];
    }
  /** Nobody asked for it, or nothing runs that could be told. */
  | { readonly kind: 'left' }
  /** It is there, and has not all addresses that it should have. */
  | { readonly kind: 'failed'; readonly fault: Fault };
