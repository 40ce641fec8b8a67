// network_data.json: links, networks and services, by the schema that Nova publishes and as nova.virt.netutils fills it.
// Nova gives the first IPv4 and the first IPv6 subnet of a port; here every subnet is given, which the schema allows.
import type { Addressing, Route, StaticAddressing } from '../model/index.ts';
import { checked, netmask, networkOf, versionOf } from './address.ts';
import type { JsonValue } from './json.ts';
import type { MetadataNic } from './metadata-input.ts';

/** The document as a value; `{}` where no NIC has addresses. */
export function networkData(nics: readonly MetadataNic[]): { readonly [key: string]: JsonValue } {
  const described = nics.filter((nic) => nic.addressing.length > 0);
  if (described.length === 0) return {};
  const networks = described.flatMap((nic) => nic.addressing.map((addressing) => ({ nic, addressing })));
  return {
    links: described.map(link),
    networks: networks.map(({ nic, addressing }, at) => network(nic, addressing, `network${at}`)),
    services: services(networks.flatMap(({ addressing }) => addressing.dns ?? [])),
  };
}

function link(nic: MetadataNic): JsonValue {
  const { port } = nic;
  return {
    id: port.deviceName,
    vif_id: port.id,
    type: port.binding.kind === 'user' ? 'phy' : 'bridge',
    // DHCP tells the MTU; a second source in the guest would win over it
    mtu: nic.addressing.some(isFromDhcp) && !port.isMtuChosen ? null : port.mtu,
    ethernet_mac_address: port.mac,
  };
}

function isFromDhcp({ kind }: Addressing): boolean {
  return kind === 'dhcp' || kind === 'dhcpv6-stateless' || kind === 'dhcpv6-stateful';
}

function network(nic: MetadataNic, addressing: Addressing, id: string): JsonValue {
  const link = nic.port.deviceName;
  if (addressing.kind === 'dhcp') {
    return { id, type: `ipv${addressing.version}_dhcp`, link, network_id: nic.networkId };
  }
  const version = addressing.kind === 'static' ? versionOf(addressing.address) : 6;
  const { address, prefix } = addressing;
  return {
    id,
    type: addressing.kind === 'static' ? `ipv${version}` : `ipv6_${addressing.kind}`,
    link,
    ...(address === undefined || prefix === undefined
      ? {}
      : { ip_address: checked(address), netmask: netmask(prefix, version) }),
    routes: routes(addressing, version),
    network_id: nic.networkId,
    services: services(addressing.dns ?? []),
  };
}

/** The default route first, then the others. */
function routes(
  addressing: Pick<StaticAddressing, 'gateway' | 'routes'>,
  version: 4 | 6,
): readonly JsonValue[] {
  const anywhere = version === 4 ? '0.0.0.0' : '::';
  const { gateway } = addressing;
  const first =
    gateway === undefined ? [] : [{ network: anywhere, netmask: anywhere, gateway: checked(gateway) }];
  return [...first, ...(addressing.routes ?? []).map(route)];
}

function route({ destination, gateway }: Route): JsonValue {
  return { ...networkOf(destination), gateway: checked(gateway) };
}

function services(addresses: readonly string[]): readonly JsonValue[] {
  return [...new Set(addresses)].map((address) => ({ type: 'dns', address: checked(address) }));
}
