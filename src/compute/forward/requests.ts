// Forwarding: ports and sockets of the host that lead into a guest.
import type { Fault } from '../../base/index.ts';
import type { Instance } from '../../model/index.ts';
import type { ActOptions, GuestAddress } from '../compute.ts';

/** Over the guest's network, or over a lane, which needs none. */
export type ForwardRoad = 'network' | 'lane';

/** Of the host. Port 0: any that is free. */
export type LocalAddress = { readonly host: string; readonly port: number } | { readonly path: string };

export interface ForwardRule {
  readonly local: LocalAddress;
  /** As the guest itself would name it: its own loopback address means its network as well. */
  readonly guest: GuestAddress;
}

export interface ForwardRequest {
  readonly rules: readonly ForwardRule[];
  /** For each connection the network where it gets through, else a lane, when left out. */
  readonly via?: ForwardRoad;
  /** Of the guest: as whom a lane connects, which unix sockets heed. Default root. */
  readonly user?: string;
  /** At a time, for each rule; one more is refused. 128 when left out. */
  readonly maxConnections?: number;
}

export interface ForwardWatch extends ActOptions {
  /** Told of connections that could not be led into the guest; those who made them see them closed. */
  readonly onTrouble?: (fault: Fault, rule: ForwardRule) => void;
}

export interface OpenForward {
  /** With the port that was taken. */
  readonly local: LocalAddress;
  readonly guest: GuestAddress;
  /** The road that a connection would take now. */
  readonly via: ForwardRoad;
}

/** Goes on until it is disposed of, also when the guest reboots: who connects afterwards gets through again. */
export interface Forwarding extends AsyncDisposable {
  readonly instance: Instance;
  /** In the order of the rules. */
  readonly forwards: readonly OpenForward[];
}
