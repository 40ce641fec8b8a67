// network_data.json: links, networks and services, by the schema that Nova publishes and as nova.virt.netutils fills it.
// Nova gives the first IPv4 and the first IPv6 subnet of a port, and no VLAN or bond; here every subnet is given, and each
// link that the guest is to make, which the schema allows.
import type { Addressing, GuestLink, Route, StaticAddressing } from '../model/index.ts';
import { checked, netmask, networkOf, versionOf } from './address.ts';
import { type Bond, type Card, guestNetwork, type Vlan } from './guest-network.ts';
import type { JsonValue } from './json.ts';
import type { MetadataNic } from './metadata-input.ts';

/** The document as a value; `{}` where no NIC has addresses. Throws `METADATA_ADDRESS_INVALID` and `GUEST_LINK_INVALID`. */
export function networkData(
  nics: readonly MetadataNic[],
  links: readonly GuestLink[] = [],
): { readonly [key: string]: JsonValue } {
  const guest = guestNetwork(nics, links);
  if (guest === undefined) return {};
  const { cards, bonds, vlans } = guest;
  const places: readonly Place[] = [
    ...cards.flatMap(({ nic, addressing }) => placesOf(nic.port.deviceName, nic.networkId, addressing)),
    ...[...bonds, ...vlans].flatMap(({ name, addressing }) => placesOf(name, name, addressing)),
  ];
  return {
    links: [...cards.map(card), ...bonds.map(bond), ...vlans.map(vlan)],
    networks: places.map((place, at) => network(place, `network${at}`)),
    services: services(places.flatMap(({ addressing }) => addressing.dns ?? [])),
  };
}

/** One way to an address, on one link. */
interface Place {
  readonly link: string;
  readonly networkId: string;
  readonly addressing: Addressing;
}

function placesOf(link: string, networkId: string, list: readonly Addressing[]): readonly Place[] {
  return list.map((addressing) => ({ link, networkId, addressing }));
}

function card({ nic: { port }, mtu, mac }: Card): JsonValue {
  return {
    id: port.deviceName,
    vif_id: port.id,
    type: port.binding.kind === 'user' ? 'phy' : 'bridge',
    mtu,
    ethernet_mac_address: mac,
  };
}

/** The last two keys are beyond the schema; cloud-init and cloudbase-init read them. */
function bond({ name, members, mode, miimon, xmitHashPolicy, mac, mtu }: Bond): JsonValue {
  return {
    id: name,
    type: 'bond',
    mtu,
    ethernet_mac_address: mac,
    bond_links: members.map(({ nic }) => nic.port.deviceName),
    bond_mode: mode,
    bond_miimon: miimon,
    ...(xmitHashPolicy === undefined ? {} : { bond_xmit_hash_policy: xmitHashPolicy }),
  };
}

function vlan({ name, vlanId, over, mac, mtu }: Vlan): JsonValue {
  return {
    id: name,
    type: 'vlan',
    mtu,
    vlan_link: 'nic' in over ? over.nic.port.deviceName : over.name,
    vlan_id: vlanId,
    vlan_mac_address: mac,
  };
}

function network({ link, networkId, addressing }: Place, id: string): JsonValue {
  if (addressing.kind === 'dhcp') {
    return { id, type: `ipv${addressing.version}_dhcp`, link, network_id: networkId };
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
    network_id: networkId,
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
