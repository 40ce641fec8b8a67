// What lets a guest reach the metadata service, and keeps it from asking in another's name: nftables rules, as text for
// `nft -f -`. Pure. The service knows a guest by its address, so an address has to be worth something first.
// Rules: nft(8); the bridge family sees every frame of a guest before the host does.
import { Fault } from '../base/index.ts';

/** Where guests look for the service. */
export const METADATA_ADDRESS = '169.254.169.254';

export interface ServedNetwork {
  readonly bridge: string;
  /** The host's own address on the bridge, and the port at which the service listens there. */
  readonly gateway: string;
  readonly port: number;
}

/** A guest's network card, as it may be seen on its bridge. */
export interface ServedPort {
  /** The tap device. */
  readonly device: string;
  readonly mac: string;
  /** IPv4, without a prefix. A port without any asks for one by DHCP, and speaks IPv6. */
  readonly addresses: readonly string[];
}

/**
 * One transaction that replaces the table of this name, in both of its families, whatever was in it. Nothing of the host's
 * other rules is touched; `metadataRulesRemoval` takes it away.
 */
export function metadataRules(
  table: string,
  networks: readonly ServedNetwork[],
  ports: readonly ServedPort[],
): string {
  return [metadataRulesRemoval(table), hostRules(table, networks), bridgeRules(table, ports)].join('');
}

/** Also where there is none: what a killed process left is removed like that. */
export function metadataRulesRemoval(table: string): string {
  const families = ['inet', 'bridge'].map((family) => `${family} ${checked(table, NAME)}`);
  return families.map((name) => `add table ${name}\ndelete table ${name}\n`).join('');
}

const TO_SERVICE = `ip daddr ${METADATA_ADDRESS} tcp dport 80`;

/**
 * Set on what a known card sends to the service, by the rules that have seen its addresses; on nothing else. A device that
 * is nobody's card cannot get it, whatever it says, and so neither reaches the service nor speaks into another's connection.
 */
const MARK = '0x6e76';

/** The way to the service leads through the one address that guests know, on their own bridge, and no other. */
function hostRules(table: string, networks: readonly ServedNetwork[]): string {
  const known = networks.map(({ bridge, gateway, port }) => ({
    bridge: `"${checked(bridge, NAME)}"`,
    gateway: checked(gateway, IPV4),
    port: checkedPort(port),
  }));
  const ways = known.map(
    ({ bridge, gateway, port }) =>
      `    iifname ${bridge} meta mark ${MARK} ${TO_SERVICE} dnat ip to ${gateway}:${port}\n`,
  );
  const doors = known.flatMap(({ bridge, gateway, port }) => {
    const door = `ip daddr ${gateway} tcp dport ${port}`;
    return [`    ${door} iifname != ${bridge} drop\n`, `    ${door} meta mark != ${MARK} drop\n`];
  });
  return [
    `table inet ${table} {\n  chain ways {\n    type nat hook prerouting priority dstnat; policy accept;\n`,
    ...ways,
    '  }\n  chain doors {\n    type filter hook input priority filter; policy accept;\n',
    ...doors,
    '  }\n}\n',
  ].join('');
}

/** What a guest sends has its own MAC and IPv4 address in it, or goes nowhere. */
function bridgeRules(table: string, ports: readonly ServedPort[]): string {
  const chains = ports.map((port, index) => guestChain(`guest${index}`, port));
  const guests = ports.map(
    ({ device }, index) => `    iifname "${checked(device, NAME)}" goto guest${index}\n`,
  );
  return [
    `table bridge ${table} {\n`,
    ...chains,
    '  chain senders {\n    type filter hook prerouting priority -300; policy accept;\n',
    ...guests,
    '  }\n}\n',
  ].join('');
}

function guestChain(name: string, { mac, addresses }: ServedPort): string {
  const own = checked(mac, MAC);
  const accepted = addresses.map((address) => {
    const ip = checked(address, IPV4);
    return [
      `    ether type arp arp saddr ether ${own} arp saddr ip ${ip} accept\n`,
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
    `    ether type arp arp saddr ether ${own} arp saddr ip 0.0.0.0 accept\n`, // is an address free?
    '    ether type ip ip saddr 0.0.0.0 ip daddr 255.255.255.255 udp sport 68 udp dport 67 accept\n',
    '    ether type ip6 accept\n', // nothing is known by an IPv6 address
    '    drop\n  }\n',
  ].join('');
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,30}$/;
const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;
const IPV4 = /^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/;

/** The text is read as a program: whatever is not plain would be a rule. */
function checked(value: string, pattern: RegExp): string {
  if (pattern.test(value)) return value;
  throw new Fault('internal', 'METADATA_RULE_INVALID', `${JSON.stringify(value)} cannot stand in a rule`);
}

function checkedPort(port: number): number {
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new Fault('internal', 'METADATA_RULE_INVALID', `${port} is no port`);
}
