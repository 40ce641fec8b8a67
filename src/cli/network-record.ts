// The network of an instance: its ports, and the VLANs and bonds that its guest makes of them, as records and as words.
import type { Addressing, GuestLink, Ipv6Addressing, Port } from '../model/index.ts';

export function portRecord(port: Port) {
  const { binding } = port;
  return {
    id: port.id,
    mac: port.mac,
    network: binding.kind === 'network' ? binding.network : null,
    bridge: binding.kind === 'user' || binding.bridge === '' ? null : binding.bridge,
    device_name: binding.kind === 'user' || port.deviceName === '' ? null : port.deviceName,
    mtu: port.mtu,
    fixed_ips: port.fixedIps.map(({ address, prefix }) => ({ address, prefix })),
    addressing: port.addressing.map(addressingRecord),
  };
}

/** `over`: the numbers of ports, from 0 on, and names of bonds. */
export function linkRecord(link: GuestLink) {
  const isBond = link.kind === 'bond';
  return {
    name: link.name,
    kind: link.kind,
    over: (isBond ? link.members : [link.over]).map(String),
    vlan_id: isBond ? null : link.vlanId,
    bond_mode: isBond ? link.mode : null,
    bond_miimon: isBond ? (link.miimon ?? null) : null,
    bond_xmit_hash_policy: isBond ? (link.xmitHashPolicy ?? null) : null,
    mac: link.mac ?? null,
    mtu: link.mtu ?? null,
    addressing: link.addressing.map(addressingRecord),
  };
}

function addressingRecord(one: Addressing) {
  const told: Omit<Ipv6Addressing, 'kind'> = one.kind === 'dhcp' ? {} : one;
  return {
    kind: one.kind,
    version: versionOf(one),
    address: told.address ?? null,
    prefix: told.prefix ?? null,
    gateway: told.gateway ?? null,
    routes: (told.routes ?? []).map(({ destination, gateway }) => ({ destination, gateway })),
    dns: [...(one.dns ?? [])],
  };
}

function versionOf(one: Addressing): 4 | 6 {
  if (one.kind === 'dhcp') return one.version;
  return one.kind === 'static' && !one.address.includes(':') ? 4 : 6;
}

/** libvirt names the tap of an adopted domain anew at each start. */
export function portWords({ mac, binding, deviceName, addressing }: Port): string {
  const told = addressing.flatMap(ownWords);
  return [mac, placeWords(binding, deviceName), ...told].join(' ');
}

function placeWords(binding: Port['binding'], deviceName: string): string {
  if (binding.kind === 'user') return 'user-mode';
  if (deviceName !== '') return deviceName;
  return `${binding.kind} ${binding.kind === 'network' ? binding.network : binding.bridge}`;
}

/** `storage vlan 42 over bond0 192.0.2.10/24`. */
export function linkWords(link: GuestLink): string {
  const what = link.kind === 'bond' ? `bond ${link.mode}` : `vlan ${link.vlanId}`;
  const over = link.kind === 'bond' ? link.members.join(' and ') : link.over;
  return [link.name, what, 'over', over, ...link.addressing.flatMap(addressingWords)].join(' ');
}

/** Nothing of plain DHCP, which is what cards have. */
function ownWords(one: Addressing): readonly string[] {
  return one.kind === 'dhcp' && one.version === 4 ? [] : addressingWords(one);
}

function addressingWords(one: Addressing): readonly string[] {
  if (one.kind === 'static') return [`${one.address}/${one.prefix}`];
  return [one.kind === 'dhcp' ? `dhcp${one.version}` : one.kind];
}
