// The addresses of our own networks that belong to an adopted domain's interfaces: a domain whose record was lost still has
// the MAC address that the network keeps one for, and nobody else may be given it.
import type { Port } from '../model/index.ts';
import type { KeptAddress } from '../store/index.ts';
import { managedNetworks } from './networks/managed-networks.ts';
import { isSessionMode } from './settings.ts';
import type { Tools } from './tools.ts';

export interface KeptAddresses {
  readonly ports: readonly Port[];
  readonly claims: readonly KeptAddress[];
}

/** Reads our networks; changes nothing. */
export async function keepAddresses(tools: Tools, ports: readonly Port[]): Promise<KeptAddresses> {
  if (isSessionMode(tools.settings) || !ports.some(({ binding }) => binding.kind === 'network'))
    return { ports, claims: [] };
  const managed = await managedNetworks(tools);
  const claims: KeptAddress[] = [];
  const known = ports.map((port) => {
    const { mac, binding } = port;
    const leases = binding.kind === 'network' ? managed.get(binding.network) : undefined;
    const pair = leases?.pairs.find((one) => one.mac.toLowerCase() === mac);
    if (binding.kind !== 'network' || leases === undefined || pair === undefined) return port;
    claims.push({ network: binding.network, address: pair.address, mac: pair.mac });
    return { ...port, fixedIps: [{ address: pair.address, prefix: leases.prefix }] };
  });
  return { ports: known, claims };
}
