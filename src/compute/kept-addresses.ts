// The addresses of our own network that belong to an adopted domain's interfaces: a domain whose record was lost still has
// the MAC address that the network keeps one for, and nobody else may be given it.
import type { Port } from '../model/index.ts';
import type { AddressRecord } from '../store/index.ts';
import { findTarget } from './attach-target.ts';
import { isSessionMode } from './settings.ts';
import type { Tools } from './tools.ts';

export interface KeptAddresses {
  readonly ports: readonly Port[];
  readonly claims: readonly Omit<AddressRecord, 'instanceId'>[];
}

/** Reads our network; changes nothing. */
export async function keepAddresses(tools: Tools, ports: readonly Port[]): Promise<KeptAddresses> {
  const { networkName } = tools.settings;
  const isOurs = ({ binding }: Port) => binding.kind === 'network' && binding.network === networkName;
  if (isSessionMode(tools.settings) || !ports.some(isOurs)) return { ports, claims: [] };
  const target = await findTarget(tools, undefined, 'peek', undefined);
  if (target.kind !== 'network' || target.staticLeases === null) return { ports, claims: [] };
  const { pairs, prefix } = target.staticLeases;
  const claims: Omit<AddressRecord, 'instanceId'>[] = [];
  const known = ports.map((port) => {
    const pair = isOurs(port) ? pairs.find(({ mac }) => mac.toLowerCase() === port.mac) : undefined;
    if (pair === undefined) return port;
    claims.push({ network: networkName, address: pair.address, mac: pair.mac });
    return { ...port, fixedIps: [{ address: pair.address, prefix }] };
  });
  return { ports: known, claims };
}
