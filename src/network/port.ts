// Plans a port: what one interface of an instance is to be. Pure.
import { type FixedIp, type Port, tapName } from '../model/index.ts';
import { addressesFrom, parseIpv4 } from './ipv4.ts';
import type { AttachTarget, StaticLeases } from './target.ts';

export interface PortRequest {
  /** UUID. */
  readonly id: string;
  readonly mac: string;
  readonly target: Exclude<AttachTarget, { kind: 'none' }>;
  /** The address kept for the port, where the target gives static leases. */
  readonly fixedIp?: FixedIp | undefined;
}

export function planPort(request: PortRequest): Port {
  const { id, mac, target, fixedIp } = request;
  const fixedIps = fixedIp === undefined ? [] : [fixedIp];
  const port = {
    id,
    mac,
    deviceName: tapName(id),
    mtu: target.kind === 'user' ? null : target.mtu,
    fixedIps,
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

/** The addresses that a network has for ports; the store's allocation takes it as it is. */
export interface PortAddresses {
  readonly network: string;
  readonly addresses: readonly string[];
  readonly taken: ReadonlySet<string>;
}

/** `leased`: addresses of leases that run now, of guests that are here or were here until lately. */
export function portAddresses(
  network: string,
  leases: StaticLeases,
  leased: readonly string[],
): PortAddresses {
  const first = parseIpv4(leases.first) ?? 0;
  const last = parseIpv4(leases.last) ?? -1;
  return {
    network,
    addresses: addressesFrom(first, last),
    taken: new Set([...leased, ...leases.hosts.map((host) => host.address)]),
  };
}
