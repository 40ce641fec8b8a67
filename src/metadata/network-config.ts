// NoCloud's network-config, in cloud-init's versions 1 and 2, made from the same ports as network_data.json.
// Source: cloud-init, "Networking config Version 1" and "Version 2"; netplan's reference for the latter.
import type {
  Addressing,
  DhcpAddressing,
  Ipv6Addressing,
  NetworkConfigVersion,
  StaticAddressing,
} from '../model/index.ts';
import { checked, networkOf, versionOf } from './address.ts';
import type { JsonValue } from './json.ts';
import type { MetadataNic } from './metadata-input.ts';

type JsonObject = { readonly [key: string]: JsonValue };
/** All but plain DHCP: something is known beforehand. */
type Known = StaticAddressing | Ipv6Addressing;

/**
 * The document as a value; undefined where no NIC has addresses, which leaves the guest to its own. Version 2 finds NICs by
 * their MAC and leaves them their names. Version 1 knows no such thing: the guest names them `eth0`, `eth1` …, in the order
 * of the ports. Throws `METADATA_ADDRESS_INVALID`.
 */
export function networkConfig(
  nics: readonly MetadataNic[],
  version: NetworkConfigVersion,
): JsonObject | undefined {
  const described = nics.filter((nic) => nic.addressing.length > 0);
  if (described.length === 0) return undefined;
  if (version === 1) return { version, config: described.map((nic, at) => physical(nic, `eth${at}`)) };
  return { version, ethernets: Object.fromEntries(described.map((nic, at) => [`port${at}`, ethernet(nic)])) };
}

function ethernet(nic: MetadataNic): JsonObject {
  const { addressing } = nic;
  const known = addressing.filter(isKnown);
  const fixed = known.filter((one) => one.kind === 'static');
  const routes = known.flatMap(routesOf);
  const dns = dnsOf(addressing);
  return {
    match: { macaddress: nic.port.mac },
    dhcp4: addressing.some((one) => one.kind === 'dhcp' && one.version === 4),
    dhcp6: addressing.some(isDhcp6),
    ...(addressing.some(isByRouter) ? { 'accept-ra': true } : acceptRa(addressing)),
    ...(fixed.length === 0 ? {} : { addresses: fixed.map(withPrefix) }),
    ...(routes.length === 0 ? {} : { routes: routes.map(({ to, via }) => ({ to, via })) }),
    ...(dns.length === 0 ? {} : { nameservers: { addresses: dns } }),
    ...mtuOf(nic),
  };
}

function physical(nic: MetadataNic, name: string): JsonObject {
  return {
    type: 'physical',
    name,
    mac_address: nic.port.mac,
    ...acceptRa(nic.addressing),
    ...mtuOf(nic),
    subnets: nic.addressing.map(subnet),
  };
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

/** DHCP tells the MTU; see network-data.ts. */
function mtuOf({ port, addressing }: MetadataNic): JsonObject {
  const isTold = addressing.some(({ kind }) => kind === 'dhcp' || kind.startsWith('dhcpv6-'));
  return port.mtu === null || (isTold && !port.isMtuChosen) ? {} : { mtu: port.mtu };
}
