// NoCloud's network-config, in cloud-init's versions 1 and 2, made from the same ports as network_data.json.
// Source: cloud-init, "Networking config Version 1" and "Version 2"; netplan's reference for the latter.
import type {
  Addressing,
  DhcpAddressing,
  GuestLink,
  Ipv6Addressing,
  NetworkConfigVersion,
  StaticAddressing,
} from '../model/index.ts';
import { checked, networkOf, versionOf } from './address.ts';
import { type Bond, type Card, guestNetwork, type Vlan } from './guest-network.ts';
import type { JsonValue } from './json.ts';
import type { MetadataNic } from './metadata-input.ts';

type JsonObject = { readonly [key: string]: JsonValue };
/** All but plain DHCP: something is known beforehand. */
type Known = StaticAddressing | Ipv6Addressing;

/**
 * The document as a value; undefined where no NIC has addresses, which leaves the guest to its own. Version 2 finds NICs by
 * their MAC and leaves them their names. Version 1 knows no such thing: the guest names them `eth0`, `eth1` …, in the order
 * of the ports. Throws `METADATA_ADDRESS_INVALID` and `GUEST_LINK_INVALID`.
 */
export function networkConfig(
  nics: readonly MetadataNic[],
  version: NetworkConfigVersion,
  links: readonly GuestLink[] = [],
): JsonObject | undefined {
  const guest = guestNetwork(nics, links);
  if (guest === undefined) return undefined;
  const { cards, bonds, vlans } = guest;
  if (version === 1) {
    return { version, config: [...cards.map(physical), ...bonds.map(bondDevice), ...vlans.map(vlanDevice)] };
  }
  return {
    version,
    ethernets: Object.fromEntries(cards.map((card) => [card.label, ethernet(card)])),
    ...(bonds.length === 0 ? {} : { bonds: Object.fromEntries(bonds.map((one) => [one.name, bond(one)])) }),
    ...(vlans.length === 0 ? {} : { vlans: Object.fromEntries(vlans.map((one) => [one.name, vlan(one)])) }),
  };
}

type Addressed = Pick<Card, 'addressing' | 'mtu'>;

function ethernet(card: Card): JsonObject {
  return { match: { macaddress: card.mac }, ...addressed(card) };
}

function bond({ members, mode, miimon, xmitHashPolicy, mac, ...rest }: Bond): JsonObject {
  return {
    interfaces: members.map(({ label }) => label),
    macaddress: mac,
    parameters: {
      mode,
      'mii-monitor-interval': String(miimon), // netplan takes any scalar, cloud-init's schema only this
      ...(xmitHashPolicy === undefined ? {} : { 'transmit-hash-policy': xmitHashPolicy }),
    },
    ...addressed(rest),
  };
}

function vlan({ vlanId, over, mac, hasOwnMac, ...rest }: Vlan): JsonObject {
  return {
    id: vlanId,
    link: 'label' in over ? over.label : over.name,
    ...(hasOwnMac ? { macaddress: mac } : {}),
    ...addressed(rest),
  };
}

function addressed({ addressing, mtu }: Addressed): JsonObject {
  const known = addressing.filter(isKnown);
  const fixed = known.filter((one) => one.kind === 'static');
  const routes = known.flatMap(routesOf);
  const dns = dnsOf(addressing);
  return {
    dhcp4: addressing.some((one) => one.kind === 'dhcp' && one.version === 4),
    dhcp6: addressing.some(isDhcp6),
    ...(addressing.some(isByRouter) ? { 'accept-ra': true } : acceptRa(addressing)),
    ...(fixed.length === 0 ? {} : { addresses: fixed.map(withPrefix) }),
    ...(routes.length === 0 ? {} : { routes: routes.map(({ to, via }) => ({ to, via })) }),
    ...(dns.length === 0 ? {} : { nameservers: { addresses: dns } }),
    ...mtuOf(mtu),
  };
}

function physical({ name, mac, ...rest }: Card): JsonObject {
  return { type: 'physical', name, mac_address: mac, ...subnets(rest) };
}

function bondDevice({ name, members, mode, miimon, xmitHashPolicy, mac, ...rest }: Bond): JsonObject {
  return {
    type: 'bond',
    name,
    mac_address: mac,
    bond_interfaces: members.map((member) => member.name),
    params: {
      'bond-mode': mode,
      'bond-miimon': miimon,
      ...(xmitHashPolicy === undefined ? {} : { 'bond-xmit-hash-policy': xmitHashPolicy }),
    },
    ...subnets(rest),
  };
}

function vlanDevice({ name, vlanId, over, mac, hasOwnMac, ...rest }: Vlan): JsonObject {
  return {
    type: 'vlan',
    name,
    ...(hasOwnMac ? { mac_address: mac } : {}),
    vlan_link: over.name,
    vlan_id: vlanId,
    ...subnets(rest),
  };
}

function subnets({ addressing, mtu }: Addressed): JsonObject {
  return { ...acceptRa(addressing), ...mtuOf(mtu), subnets: addressing.map(subnet) };
}

function subnet(addressing: Addressing): JsonObject {
  const dns = dnsOf([addressing]);
  const servers = dns.length === 0 ? {} : { dns_nameservers: dns };
  if (addressing.kind === 'dhcp') return { type: `dhcp${addressing.version}`, ...servers };
  const routes = (addressing.routes ?? []).map(({ destination, gateway }) => ({
    ...networkOf(destination),
    gateway: checked(gateway),
  }));
  return {
    ...(addressing.kind === 'static' ? staticSubnet(addressing) : { type: `ipv6_${addressing.kind}` }),
    ...servers,
    ...(routes.length === 0 ? {} : { routes }),
  };
}

function staticSubnet(addressing: StaticAddressing): JsonObject {
  return {
    type: versionOf(addressing.address) === 4 ? 'static' : 'static6',
    address: withPrefix(addressing),
    ...(addressing.gateway === undefined ? {} : { gateway: checked(addressing.gateway) }),
  };
}

/** What the router tells, the default route too, is left to it. */
function routesOf(addressing: Known): readonly { readonly to: string; readonly via: string }[] {
  const { gateway, routes = [] } = addressing;
  // `default` is refused by cloud-init 22.4, which without netplan also takes `::/0` for `::/64`: version 1 is for it
  const first =
    gateway === undefined || addressing.kind !== 'static'
      ? []
      : [{ to: versionOf(addressing.address) === 4 ? '0.0.0.0/0' : '::/0', via: checked(gateway) }];
  const further = routes.map(({ destination, gateway: via }) => ({
    to: networkPrefix(destination),
    via: checked(via),
  }));
  return [...first, ...further];
}

/** `198.51.100.77/24` → `198.51.100.0/24`. */
function networkPrefix(destination: string): string {
  return `${networkOf(destination).network}/${destination.slice(destination.indexOf('/') + 1)}`;
}

function withPrefix({ address, prefix }: Pick<StaticAddressing, 'address' | 'prefix'>): string {
  const text = `${checked(address)}/${prefix}`;
  networkOf(text); // refuses a prefix that is none
  return text;
}

function isKnown(addressing: Addressing): addressing is Known {
  return addressing.kind !== 'dhcp';
}

/** Stateless DHCPv6 gives no address, and clients are asked for it by the same word. */
function isDhcp6(addressing: Addressing): boolean {
  return addressing.kind === 'dhcp' ? addressing.version === 6 : addressing.kind.startsWith('dhcpv6-');
}

function isByRouter({ kind }: Addressing): boolean {
  return kind === 'slaac' || kind === 'dhcpv6-stateless';
}

/** A NIC whose IPv6 addresses are all static listens to no router, as cloud-init reads network_data.json. */
function acceptRa(addressing: readonly Addressing[]): JsonObject {
  const isIpv6 = (one: StaticAddressing) => versionOf(one.address) === 6;
  const hasStatic = addressing.some((one) => one.kind === 'static' && isIpv6(one));
  const isTold = addressing.some((one) => isDhcp6(one) || one.kind === 'slaac');
  return hasStatic && !isTold ? { 'accept-ra': false } : {};
}

function dnsOf(addressing: readonly Pick<DhcpAddressing, 'dns'>[]): readonly string[] {
  return [...new Set(addressing.flatMap(({ dns }) => dns ?? []))].map(checked);
}

function mtuOf(mtu: number | null): JsonObject {
  return mtu === null ? {} : { mtu };
}
