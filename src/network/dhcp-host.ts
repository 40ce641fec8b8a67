// Single static leases: an address that a network's dnsmasq keeps for a MAC address, added to a network that exists.
// libvirt takes half a second to add one and a whole one to remove it, since it makes all firewall rules anew: what a
// network of ours keeps is therefore made with it (ensure-network.ts), and found here with one look. Entries made here have
// a name, those made with the network have none. Rules: virNetworkUpdate.
import { Fault } from '../base/index.ts';
import type { Connection, Network } from '../libvirt/index.ts';
import { type DhcpHost, dhcpHostElement, element, readNetwork, serializeXml } from '../libvirt-xml/index.ts';
import type { Port } from '../model/index.ts';

/**
 * Makes sure that the port's network keeps its address for it, in the running network and in its definition; what is kept
 * already stays as it is. A port without a fixed address needs nothing. Throws `NETWORK_NOT_FOUND` or
 * `DHCP_HOST_CONFLICT`.
 */
export async function addDhcpHost(connection: Connection, port: Port, hostname: string): Promise<void> {
  const address = port.fixedIps[0]?.address;
  if (port.binding.kind !== 'network' || address === undefined) return;
  const network = await connection.networkByName(port.binding.network);
  const hosts = await hostsOf(network);
  const ofMac = hosts.find(({ mac }) => mac === port.mac);
  if (ofMac?.address === address) return;
  const ofAddress = hosts.find((other) => other.address === address);
  if (ofAddress !== undefined) throw conflict(network.name, { mac: port.mac, address }, ofAddress);
  if (ofMac !== undefined) await remove(network, port.mac); // an older address of the same port
  const isNameTaken = hosts.some(({ name, mac }) => name === hostname && mac !== port.mac);
  const name = isNameTaken ? `${hostname}-${port.mac.slice(-8).replaceAll(':', '')}` : hostname;
  await add(network, { mac: port.mac, address, name });
}

/** Takes back what `addDhcpHost` added. What is not there, or whose network is not there, is fine. */
export async function removeDhcpHost(connection: Connection, port: Port): Promise<void> {
  if (port.binding.kind !== 'network' || port.fixedIps.length === 0) return;
  const network = await connection.findNetwork({ name: port.binding.network });
  if (network === undefined) return;
  const host = (await hostsOf(network)).find(({ mac }) => mac === port.mac);
  if (host?.name !== undefined) await remove(network, port.mac);
}

async function add(network: Network, host: DhcpHost): Promise<void> {
  const xml = serializeXml(dhcpHostElement(host));
  const live = await network.isActive();
  await network.update({ command: 'add-last', section: 'dhcp-host', xml }, { live, config: true });
}

async function remove(network: Network, mac: string): Promise<void> {
  const xml = serializeXml(element('host', { mac }));
  const live = await network.isActive();
  await network.update({ command: 'delete', section: 'dhcp-host', xml }, { live, config: true });
}

async function hostsOf(network: Network): Promise<readonly DhcpHost[]> {
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
