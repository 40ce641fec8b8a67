// What lets a guest reach the metadata service, and keeps it from asking in another's name: nftables rules, as text for
// `nft -f -`. Pure. The service knows a guest by its address, so an address has to be worth something first: guest-rules.ts.
// Rules: nft(8).
import type { BridgeIpv6 } from './bridge-address.ts';
import { bridgeRules, type ServedPort } from './guest-rules.ts';
import { METADATA_ADDRESS_6 } from './link-local.ts';
import { ipv4Word, MARK, METADATA_ADDRESS, nameWord, portWord } from './rule-words.ts';

export interface ServedNetwork {
  readonly bridge: string;
  /** The host's own address on the bridge, and the port at which the service listens there. */
  readonly gateway: string;
  readonly port: number;
  /**
   * Whether the service listens by IPv6 as well; `alone` where the bridge has IPv6 for its sake only, and nothing else of
   * the host is to be reached by it. Not at all when left out.
   */
  readonly ipv6?: BridgeIpv6;
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
  const gateways = networks.map(({ gateway }) => gateway);
  return [metadataRulesRemoval(table), hostRules(table, networks), bridgeRules(table, gateways, ports)].join(
    '',
  );
}

/** Also where there is none: what a killed process left is removed like that. */
export function metadataRulesRemoval(table: string): string {
  const families = ['inet', 'bridge'].map((family) => `${family} ${nameWord(table)}`);
  return families.map((name) => `add table ${name}\ndelete table ${name}\n`).join('');
}

/** The way to the service leads through the addresses that guests know, on their own bridge, and no other. */
function hostRules(table: string, networks: readonly ServedNetwork[]): string {
  return [
    `table inet ${table} {\n  chain ways {\n    type nat hook prerouting priority dstnat; policy accept;\n`,
    ...networks.map(waysOf),
    '  }\n  chain doors {\n    type filter hook input priority filter; policy accept;\n',
    ...networks.map(doorsOf),
    '  }\n  chain beyond {\n    type filter hook forward priority filter; policy accept;\n',
    ...networks.map(({ bridge }) => `    iifname "${bridge}" ip daddr ${METADATA_ADDRESS} reject\n`), // a cloud's, where the host is in one
    ...networks.filter(isAlone).map(({ bridge }) => `    iifname "${bridge}" meta nfproto ipv6 drop\n`),
    '  }\n}\n',
  ].join('');
}

function waysOf({ bridge, gateway, port, ipv6 = 'none' }: ServedNetwork): string {
  const from = `    iifname "${nameWord(bridge)}" meta mark ${MARK}`;
  const to = `${ipv4Word(gateway)}:${portWord(port)}`;
  const ways = `${from} ip daddr ${METADATA_ADDRESS} tcp dport 80 dnat ip to ${to}\n`;
  if (ipv6 === 'none') return ways;
  const to6 = `[${METADATA_ADDRESS_6}]:${port}`;
  return `${ways}${from} ip6 daddr ${METADATA_ADDRESS_6} tcp dport 80 dnat ip6 to ${to6}\n`;
}

function doorsOf(network: ServedNetwork): string {
  const { bridge, gateway, port, ipv6 = 'none' } = network;
  const door = `    ip daddr ${gateway} tcp dport ${port}`;
  const doors = `${door} iifname != "${bridge}" drop\n${door} meta mark != ${MARK} drop\n`;
  if (ipv6 === 'none') return doors;
  const door6 = `    iifname "${bridge}" ip6 daddr ${METADATA_ADDRESS_6} tcp dport ${port}`;
  const closed = `${doors}${door6} meta mark != ${MARK} drop\n`;
  if (!isAlone(network)) return closed;
  const neighbours = 'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept';
  const rest = `    iifname "${bridge}" meta nfproto ipv6`;
  return `${closed}${door6} accept\n    iifname "${bridge}" ${neighbours}\n${rest} drop\n`;
}

function isAlone({ ipv6 }: ServedNetwork): boolean {
  return ipv6 === 'alone';
}
