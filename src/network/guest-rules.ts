// The half of the metadata service's rules that sees every frame of a guest before the host does: what a card sends has its
// own addresses in it, and nobody else uses them. Pure; see metadata-rules.ts. Rules: nft(8), family bridge; RFC 4861.
import { linkLocalNumber, linkLocalOf, METADATA_ADDRESS_6 } from './link-local.ts';
import { ipv4Word, MARK, METADATA_ADDRESS, macWord, nameWord } from './rule-words.ts';

/** A guest's network card, as it may be seen on its bridge. */
export interface ServedPort {
  /** The tap device. */
  readonly device: string;
  readonly mac: string;
  /** IPv4, without a prefix. A port without any asks for one by DHCP, and speaks IPv6. */
  readonly addresses: readonly string[];
}

const TO_SERVICE = `ip daddr ${METADATA_ADDRESS} tcp dport 80`;
const TO_SERVICE_6 = `ip6 daddr ${METADATA_ADDRESS_6} tcp dport 80`;
/** It names the address that it is about, behind eight bytes; the chain `claims` drops it where that is somebody else's. */
const ADVERT = 'icmpv6 type nd-neighbor-advert';
/** Whether an address is free: whose it is to be must not hear that somebody else asks the same. RFC 4862, 5.4. */
const PROBE = 'ip6 saddr :: icmpv6 type nd-neighbor-solicit';

export function bridgeRules(
  table: string,
  gateways: readonly string[],
  ports: readonly ServedPort[],
): string {
  const links = [METADATA_ADDRESS_6, ...ports.map(({ mac }) => linkLocalOf(macWord(mac)))];
  const chains = ports.map((port, index) => guestChain(`guest${index}`, port));
  const guests = ports.map(({ device }, index) => `    iifname "${nameWord(device)}" goto guest${index}\n`);
  return [
    `table bridge ${table} {\n  set links {\n    type ipv6_addr\n    elements = ${list(links)}\n  }\n`,
    `  chain claims {\n    @th,64,128 ${list(links.map(linkLocalNumber))} drop\n  }\n`,
    ...chains,
    '  chain senders {\n    type filter hook prerouting priority -300; policy accept;\n',
    ...guests,
    ...strangers(gateways, ports),
    '  }\n}\n',
  ].join('');
}

function guestChain(name: string, { mac, addresses }: ServedPort): string {
  const own = macWord(mac);
  const ownLink = linkLocalOf(own);
  const accepted = addresses.map((address) => {
    const ip = ipv4Word(address);
    return [
      `    ether type arp arp saddr ether ${own} arp saddr ip ${ip} accept\n`,
      `    ether type arp arp saddr ether ${own} arp saddr ip 0.0.0.0 arp daddr ip ${ip} accept\n`, // is it free?
      `    ether type ip ip saddr ${ip} ${TO_SERVICE} meta mark set ${MARK} accept\n`,
      `    ether type ip ip saddr ${ip} accept\n`,
    ].join('');
  });
  return [
    `  chain ${name} {\n`,
    `    ether saddr != ${own} drop\n`,
    // who answers DHCP or announces a router leads its neighbours to a service of its own
    '    ether type ip udp sport 67 drop\n',
    '    ether type ip6 udp sport 547 drop\n',
    '    ether type ip6 icmpv6 type nd-router-advert drop\n',
    ...accepted,
    '    ether type ip ip saddr 0.0.0.0 ip daddr 255.255.255.255 udp sport 68 udp dport 67 accept\n',
    `    ether type ip6 ip6 saddr ${ownLink} ${TO_SERVICE_6} meta mark set ${MARK} accept\n`,
    `    ether type ip6 ip6 saddr != ${ownLink} ip6 saddr @links drop\n`,
    `    ether type ip6 ${ADVERT} @th,64,128 != ${linkLocalNumber(ownLink)} jump claims\n`,
    `    ether type ip6 ${PROBE} @th,64,128 != ${linkLocalNumber(ownLink)} jump claims\n`,
    '    ether type 8021q vlan id 1-4094 accept\n', // for other guests; the host takes none
    '    ether type ip6 accept\n', // by any other address of IPv6 nobody is known
    '    drop\n  }\n',
  ].join('');
}

/**
 * What others attach to the host's bridges is none of ours, but for the addresses of our guests: with them it would draw
 * to itself what the service answers. By `meta protocol`, which sees through a priority tag, as the host does.
 */
function strangers(gateways: readonly string[], ports: readonly ServedPort[]): readonly string[] {
  if (ports.length === 0) return [];
  const addresses = list([...gateways, ...ports.flatMap((port) => port.addresses)].map(ipv4Word));
  return [
    `    ether saddr ${list(ports.map(({ mac }) => macWord(mac)))} drop\n`,
    `    meta protocol arp arp saddr ip ${addresses} drop\n`,
    `    meta protocol ip ip saddr ${addresses} drop\n`,
    '    meta protocol ip6 ip6 saddr @links drop\n',
    `    meta protocol ip6 ${ADVERT} jump claims\n`,
    `    meta protocol ip6 ${PROBE} jump claims\n`,
    `    meta protocol arp arp saddr ip 0.0.0.0 arp daddr ip ${addresses} drop\n`,
  ];
}

function list(words: readonly string[]): string {
  return `{ ${[...new Set(words)].join(', ')} }`;
}
