// Plans a port: what one interface of an instance is to be. Pure.
import { type FixedIp, type Port, tapName } from '../model/index.ts';
import type { AttachTarget, StaticLeases } from './target.ts';

export interface PortRequest {
  /** UUID. */
  readonly id: string;
  /** Where the fixed address is kept for a MAC address, the port takes that one instead. */
  readonly mac: string;
  readonly target: Exclude<AttachTarget, { kind: 'none' }>;
  /** The address kept for the port, where the target gives static leases. */
  readonly fixedIp?: FixedIp | undefined;
}

export function planPort(request: PortRequest): Port {
  const { id, target, fixedIp } = request;
  const port = {
    id,
    mac: keptMac(request) ?? request.mac,
    deviceName: tapName(id),
    mtu: target.kind === 'user' ? null : target.mtu,
    fixedIps: fixedIp === undefined ? [] : [fixedIp],
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
