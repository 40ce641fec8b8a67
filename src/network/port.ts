// Plans a port: what one interface of an instance is to be. Pure.
import { Fault } from '../base/index.ts';
import { type Addressing, type FixedIp, PLAIN_ADDRESSING, type Port, tapName } from '../model/index.ts';
import type { AttachTarget, StaticLeases } from './target.ts';

export interface PortRequest {
  /** UUID. */
  readonly id: string;
  /** Where the fixed address is kept for a MAC address, the port takes that one instead. */
  readonly mac: string;
  readonly target: Exclude<AttachTarget, { kind: 'none' }>;
  /** The address kept for the port, where the target gives static leases. */
  readonly fixedIp?: FixedIp | undefined;
  /** In place of the target's. */
  readonly mtu?: number | undefined;
  /** IPv4 by DHCP when left out. */
  readonly addressing?: readonly Addressing[] | undefined;
}

/** Throws `NETWORK_REQUEST_INVALID` for an MTU that the target cannot carry. */
export function planPort(request: PortRequest): Port {
  const { id, target, addressing = PLAIN_ADDRESSING } = request;
  const port = {
    id,
    mac: keptMac(request) ?? request.mac,
    deviceName: tapName(id),
    mtu: mtuOf(request),
    isMtuChosen: request.mtu !== undefined,
    fixedIps: fixedIpsOf(request),
    addressing,
  };
  switch (target.kind) {
    case 'network':
      return { ...port, binding: { kind: 'network', network: target.network, bridge: target.bridge } };
    case 'bridge':
      return { ...port, binding: { kind: 'bridge', bridge: target.bridge } };
    case 'user':
      return { ...port, binding: { kind: 'user' } };
    default:
      return target satisfies never;
  }
}

/** The kept one first. */
function fixedIpsOf({ fixedIp, addressing = [] }: PortRequest): readonly FixedIp[] {
  const told = addressing.flatMap((one) =>
    one.kind === 'static' && one.address !== fixedIp?.address
      ? [{ address: one.address, prefix: one.prefix }]
      : [],
  );
  return fixedIp === undefined ? told : [fixedIp, ...told];
}

/** QEMU's user-mode network has no MTU to set. */
function mtuOf({ target, mtu }: PortRequest): number | null {
  const most = target.kind === 'user' ? null : target.mtu;
  if (mtu === undefined) return most;
  if (target.kind === 'user') throw mtuInvalid('User-mode networking has no MTU to choose');
  if (most !== null && mtu > most) {
    throw mtuInvalid(`An MTU of ${mtu} is more than the ${most} that the network carries`);
  }
  return mtu;
}

function mtuInvalid(message: string): Fault {
  return new Fault('invalid', 'NETWORK_REQUEST_INVALID', message, {
    hint: 'Leave the MTU out, or choose a smaller one.',
  });
}

function keptMac({ target, fixedIp }: PortRequest): string | undefined {
  const pairs = target.kind === 'network' ? target.staticLeases?.pairs : undefined;
  return pairs?.find(({ address }) => address === fixedIp?.address)?.mac;
}

/** The addresses that a network has for ports; the store's allocation takes it as it is. */
export interface PortAddresses {
  readonly network: string;
  readonly pairs: StaticLeases['pairs'];
}

export function portAddresses(network: string, leases: StaticLeases): PortAddresses {
  return { network, pairs: leases.pairs };
}
