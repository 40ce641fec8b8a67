// Which addresses a network's guests have now.
import { findLibvirtNetwork } from './dhcp-host.ts';
import type { NetworkConnection, NetworkLease } from './libvirt-networks.ts';

/** The running leases of these MAC addresses; none when the network is gone or not active. */
export async function leasesOf(
  connection: NetworkConnection,
  network: string,
  macs: readonly string[],
): Promise<readonly NetworkLease[]> {
  const wanted = new Set(macs.map((mac) => mac.toLowerCase()));
  const leases = await allLeases(connection, network);
  return leases.filter(({ mac }) => mac !== undefined && wanted.has(mac.toLowerCase()));
}

/** All running leases of a network. */
export async function allLeases(
  connection: NetworkConnection,
  network: string,
): Promise<readonly NetworkLease[]> {
  const found = await findLibvirtNetwork(connection, network);
  return found !== undefined && (await found.isActive()) ? await found.dhcpLeases() : [];
}
