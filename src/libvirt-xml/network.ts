// A libvirt network as a value, as far as novalet makes and reads them. Rules: https://libvirt.org/formatnetwork.html
import { attributeOf, childElements, type Element, element, find, textElement, textOf } from './element.ts';
import { parseXml } from './parse.ts';

export interface Network {
  readonly name: string;
  readonly uuid?: string | undefined;
  /** What others keep with it; libvirt reads nothing of it. */
  readonly metadata?: readonly Element[] | undefined;
  /** `isolated`: no way out. Any other word is libvirt's forward mode. */
  readonly forward: string;
  /** The bridge's name; libvirt chooses one when left out. */
  readonly bridge?: string | undefined;
  readonly mtu?: number | undefined;
  /** DNS domain that the network's dnsmasq answers for. */
  readonly domain?: string | undefined;
  readonly ips: readonly NetworkIp[];
  /** How many interfaces libvirt has plugged into an active one; it is only read. */
  readonly connections?: number | undefined;
}

export interface NetworkIp {
  readonly family: 'ipv4' | 'ipv6';
  /** The host's own address on the bridge. */
  readonly address: string;
  readonly prefix: number;
  readonly dhcp: { readonly ranges: readonly DhcpRange[]; readonly hosts: readonly DhcpHost[] } | null;
}

export interface DhcpRange {
  readonly start: string;
  readonly end: string;
}

/** A static lease: an address kept for a MAC address. */
export interface DhcpHost {
  readonly mac: string;
  readonly address: string;
  readonly name?: string | undefined;
}

/** A bridge with one way out has no loops to look for, and with STP a new port would carry nothing for seconds. */
export function networkElement(network: Network): Element {
  return element(
    'network',
    {},
    textElement('name', network.name),
    network.uuid !== undefined && textElement('uuid', network.uuid),
    network.metadata !== undefined && element('metadata', {}, network.metadata),
    network.forward !== 'isolated' && element('forward', { mode: network.forward }),
    network.bridge !== undefined && element('bridge', { name: network.bridge, stp: 'off', delay: 0 }),
    network.mtu !== undefined && element('mtu', { size: network.mtu }),
    network.domain !== undefined && element('domain', { name: network.domain, localOnly: 'yes' }),
    network.ips.map(ipElement),
  );
}

function dhcpHostElement(host: DhcpHost): Element {
  return element('host', { mac: host.mac, name: host.name, ip: host.address });
}

function ipElement(ip: NetworkIp): Element {
  return element(
    'ip',
    { family: ip.family === 'ipv6' ? 'ipv6' : undefined, address: ip.address, prefix: ip.prefix },
    ip.dhcp &&
      element(
        'dhcp',
        {},
        ip.dhcp.ranges.map((range) => element('range', { start: range.start, end: range.end })),
        ip.dhcp.hosts.map(dhcpHostElement),
      ),
  );
}

/** Reads the XML of a network. Throws `XML_MALFORMED` or `XML_REFUSED`. */
export function readNetwork(xml: string): Network {
  const root = parseXml(xml, "a network's XML");
  const forward = find(root, 'forward');
  const mtu = attributeOf(find(root, 'mtu'), 'size');
  const connections = attributeOf(root, 'connections');
  const metadata = find(root, 'metadata');
  return {
    name: textOf(find(root, 'name')) ?? '',
    uuid: textOf(find(root, 'uuid')),
    metadata: metadata && childElements(metadata),
    forward: forward === undefined ? 'isolated' : (attributeOf(forward, 'mode') ?? 'nat'),
    bridge: attributeOf(find(root, 'bridge'), 'name'),
    mtu: mtu === undefined ? undefined : Number(mtu),
    domain: attributeOf(find(root, 'domain'), 'name'),
    ips: childElements(root, 'ip').map(readIp),
    connections: connections === undefined ? undefined : Number(connections),
  };
}

function readIp(ip: Element): NetworkIp {
  const family = attributeOf(ip, 'family') === 'ipv6' ? 'ipv6' : 'ipv4';
  const dhcp = find(ip, 'dhcp');
  return {
    family,
    address: attributeOf(ip, 'address') ?? '',
    prefix: readPrefix(ip, family),
    dhcp: dhcp === undefined ? null : { ranges: readRanges(dhcp), hosts: readHosts(dhcp) },
  };
}

/** libvirt takes the prefix, or the netmask, or the class of the address. */
function readPrefix(ip: Element, family: 'ipv4' | 'ipv6'): number {
  const prefix = attributeOf(ip, 'prefix');
  if (prefix !== undefined) return Number(prefix);
  const netmask = attributeOf(ip, 'netmask');
  if (netmask !== undefined) return prefixOfNetmask(netmask);
  if (family === 'ipv6') return 64;
  const first = Number(attributeOf(ip, 'address')?.split('.')[0]);
  return first < 128 ? 8 : first < 192 ? 16 : 24;
}

function prefixOfNetmask(netmask: string): number {
  const bits = netmask.split('.').map((part) => Number(part).toString(2));
  return bits.join('').replaceAll('0', '').length;
}

function readRanges(dhcp: Element): readonly DhcpRange[] {
  return childElements(dhcp, 'range').map((range) => ({
    start: attributeOf(range, 'start') ?? '',
    end: attributeOf(range, 'end') ?? '',
  }));
}

function readHosts(dhcp: Element): readonly DhcpHost[] {
  return childElements(dhcp, 'host').flatMap((host) => {
    const mac = attributeOf(host, 'mac');
    const address = attributeOf(host, 'ip');
    if (mac === undefined || address === undefined) return [];
    return [{ mac: mac.toLowerCase(), address, name: attributeOf(host, 'name') }];
  });
}
