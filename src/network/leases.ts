// Which addresses a network's guests have now.
import type { Connection, DhcpLease } from '../libvirt/index.ts';

/** The running leases of these MAC addresses; none when the network is gone or not active. */
export async function leasesOf(
  connection: Connection,
  network: string,
  macs: readonly string[],
): Promise<readonly DhcpLease[]> {
  const wanted = new Set(macs.map((mac) => mac.toLowerCase()));
  const leases = await allLeases(connection, network);
  return leases.filter(({ mac }) => mac !== undefined && wanted.has(mac.toLowerCase()));
}

/** All running leases of a network. */
async function allLeases(connection: Connection, network: string): Promise<readonly DhcpLease[]> {
  const found = await connection.findNetwork({ name: network });
  return found !== undefined && (await found.isActive()) ? await found.dhcpLeases() : [];
}
