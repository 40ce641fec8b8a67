// Static leases: an address that a network's dnsmasq keeps for a MAC address. One libvirt call each when all is well.
// libvirt refuses an entry that shares its MAC, address or name with another one, and it refuses to remove what is not
// there, with one error code for all of it: what is the matter is read from the network. Rules: virNetworkUpdate.
import { Fault, isFault } from '../base/index.ts';
import { type DhcpHost, dhcpHostElement, element, readNetwork, serializeXml } from '../libvirt-xml/index.ts';
import type { Port } from '../model/index.ts';
import type { LibvirtNetwork, NetworkConnection } from './libvirt-networks.ts';

/**
 * Keeps the port's address for it, in the running network and in its definition; what is kept already stays as it is.
 * A port without a fixed address needs nothing. Throws `NETWORK_NOT_FOUND` or `DHCP_HOST_CONFLICT`.
 */
export async function addDhcpHost(
  connection: NetworkConnection,
  port: Port,
  hostname: string,
): Promise<void> {
  const address = port.fixedIps[0]?.address;
  if (port.binding.kind !== 'network' || address === undefined) return;
  const network = await connection.networkByName(port.binding.network);
  const host = { mac: port.mac, address, name: hostname };
  try {
    await add(network, host);
  } catch (error) {
    await addDespite(network, host, error);
  }
}

/** Gives the port's address back. What is not there, or whose network is not there, is fine. */
export async function removeDhcpHost(connection: NetworkConnection, port: Port): Promise<void> {
  if (port.binding.kind !== 'network' || port.fixedIps.length === 0) return;
  const network = await findLibvirtNetwork(connection, port.binding.network);
  if (network === undefined) return;
  try {
    await remove(network, port.mac, true);
  } catch (error) {
    const isThere = (await hostsOf(network)).some((host) => host.mac === port.mac);
    if (!isThere) return;
    if (await network.isActive()) throw error;
    await remove(network, port.mac, false);
  }
}

/** The network, or undefined when libvirt says that there is none. */
export async function findLibvirtNetwork(
  connection: NetworkConnection,
  name: string,
): Promise<LibvirtNetwork | undefined> {
  try {
    return await connection.networkByName(name);
  } catch (error) {
    if (isFault(error, 'NETWORK_NOT_FOUND')) return undefined;
    throw error;
  }
}

async function addDespite(network: LibvirtNetwork, host: DhcpHost, refusal: unknown): Promise<void> {
  const hosts = await hostsOf(network);
  const ofMac = hosts.find((other) => other.mac === host.mac);
  if (ofMac?.address === host.address) return;
  const ofAddress = hosts.find((other) => other.address === host.address);
  if (ofAddress !== undefined) throw conflict(network.name, host, ofAddress);
  if (ofMac !== undefined) {
    await remove(network, host.mac, true); // an older address of the same port
  } else if (!hosts.some((other) => other.name === host.name)) {
    throw refusal;
  }
  const nameIsTaken = hosts.some((other) => other.name === host.name && other.mac !== host.mac);
  await add(network, nameIsTaken ? { mac: host.mac, address: host.address } : host);
}

async function add(network: LibvirtNetwork, host: DhcpHost): Promise<void> {
  const xml = serializeXml(dhcpHostElement(host));
  await network.update({ command: 'add-last', section: 'dhcp-host', xml }, { live: true, config: true });
}

async function remove(network: LibvirtNetwork, mac: string, live: boolean): Promise<void> {
  const xml = serializeXml(element('host', { mac }));
  await network.update({ command: 'delete', section: 'dhcp-host', xml }, { live, config: true });
}

async function hostsOf(network: LibvirtNetwork): Promise<readonly DhcpHost[]> {
  return readNetwork(await network.xml()).ips.flatMap((ip) => ip.dhcp?.hosts ?? []);
}

function conflict(network: string, host: DhcpHost, other: DhcpHost): Fault {
  return new Fault(
    'conflict',
    'DHCP_HOST_CONFLICT',
    `Network ${network} keeps ${host.address} for ${other.mac} already, and not for ${host.mac}`,
    {
      hint: `Try again: another address is chosen. To remove the entry: virsh net-update ${network} delete ip-dhcp-host "<host mac='${other.mac}'/>" --live --config`,
      details: { network, address: host.address, mac: host.mac },
    },
  );
}
