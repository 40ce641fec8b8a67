// The VLANs and bonds that a guest is asked to make of its cards: whether they can be meant, and what was left out. Pure.
import { Fault } from '../base/index.ts';
import {
  BOND_MODES,
  type GuestLink,
  type LinkRequest,
  PLAIN_ADDRESSING,
  XMIT_HASH_POLICIES,
} from '../model/index.ts';
import { checkAddressing, checkMac, checkMtu } from './check-request.ts';
import { addressesElsewhere } from './plan-addressing.ts';

const MOST_LINKS = 64;
/** Linux's IFNAMSIZ, less its end; what netplan and ifupdown take as a name. */
const NAME = /^[a-z][a-z0-9._-]{0,14}$/;
const MOST_VLAN_ID = 4094;
const LONGEST_MIIMON_MS = 60_000;

/** `cards`: how many there are. Throws `GUEST_LINK_INVALID` and `NETWORK_REQUEST_INVALID`. */
export function planLinks(requests: readonly LinkRequest[], cards: number): readonly GuestLink[] {
  if (requests.length > MOST_LINKS) {
    throw invalid(`${requests.length} VLANs and bonds are asked for`, `A guest has at most ${MOST_LINKS}.`);
  }
  const links = requests.map(complete);
  const bonds = links.flatMap((link) => (link.kind === 'bond' ? [link.name] : []));
  for (const link of links) checkLink(link, cards, bonds);
  requireDifferent(
    links.map(({ name }) => name),
    (name) => `Two links have the name ${name}`,
  );
  requireDifferent(
    links.flatMap((link) => (link.kind === 'bond' ? link.members : [])),
    (card) => `Card ${card} is in two bonds, or twice in one`,
  );
  requireDifferent(
    links.flatMap((link) => (link.kind === 'vlan' ? [`${link.vlanId} over ${link.over}`] : [])),
    (vlan) => `VLAN ${vlan} is asked for twice`,
  );
  const members = membersOf(links);
  for (const link of links) {
    if (link.kind !== 'vlan' || typeof link.over !== 'number' || !members.has(link.over)) continue;
    throw invalid(`${link.name} lies over a card that is in a bond`, 'Lay it over the bond, by its name.');
  }
  return links;
}

/** The numbers of the cards that are in a bond: they have no addresses of their own. */
export function membersOf(requests: readonly (LinkRequest | GuestLink)[]): ReadonlySet<number> {
  return new Set(requests.flatMap((request) => (request.kind === 'bond' ? request.members : [])));
}

/** A link without anything said of addresses has IPv4 by DHCP, as a card has. */
function complete(request: LinkRequest): GuestLink {
  const asked = request.addressing ?? PLAIN_ADDRESSING;
  checkAddressing(asked);
  const addressing = addressesElsewhere(asked);
  const mac = request.mac === undefined ? {} : { mac: request.mac.toLowerCase() };
  if (request.kind === 'bond') return { ...request, ...mac, addressing };
  return { ...request, ...mac, name: request.name ?? `vlan${request.vlanId}`, addressing };
}

function checkLink(link: GuestLink, cards: number, bonds: readonly string[]): void {
  if (!NAME.test(link.name) || /^(lo|eth\d+|port\d+)$/.test(link.name)) {
    throw invalid(
      `"${link.name}" is not a name for a link of the guest`,
      'Write at most 15 small letters, digits, dots and dashes, a letter first; not one that its cards may have.',
    );
  }
  if (link.mac !== undefined) checkMac(link.mac);
  checkMtu(link.mtu, link.addressing);
  if (link.kind === 'vlan') {
    checkNumber(`The VLAN id of ${link.name}`, link.vlanId, 1, MOST_VLAN_ID);
    if (typeof link.over === 'number') checkCard(link.name, link.over, cards);
    else if (!bonds.includes(link.over)) throw noBond(link.name, link.over, bonds);
    return;
  }
  if (link.members.length === 0)
    throw invalid(`${link.name} is a bond of no cards`, 'Name the cards: on=0,on=1');
  for (const member of link.members) checkCard(link.name, member, cards);
  if (!BOND_MODES.includes(link.mode)) {
    throw invalid(`"${link.mode}" is no mode of a bond`, `It is ${BOND_MODES.join(', ')}.`);
  }
  if (link.miimon !== undefined) checkNumber(`miimon of ${link.name}`, link.miimon, 1, LONGEST_MIIMON_MS);
  if (link.xmitHashPolicy !== undefined && !XMIT_HASH_POLICIES.includes(link.xmitHashPolicy)) {
    throw invalid(`"${link.xmitHashPolicy}" is no hash policy`, `It is ${XMIT_HASH_POLICIES.join(', ')}.`);
  }
}

function checkCard(name: string, card: number, cards: number): void {
  if (Number.isInteger(card) && card >= 0 && card < cards) return;
  const hint =
    cards === 0
      ? 'Give it a network card.'
      : `Its cards are numbered from 0 to ${cards - 1}, in their order.`;
  throw invalid(`${name} lies over card ${card}, which the guest does not have`, hint);
}

function checkNumber(what: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw invalid(`${what} cannot be ${value}`, `Give a number from ${least} to ${most}.`);
}

function requireDifferent<T>(list: readonly T[], problem: (twice: T) => string): void {
  const twice = list.find((one, at) => list.indexOf(one) !== at);
  if (twice !== undefined) throw invalid(problem(twice), 'Give it once.');
}

function noBond(name: string, over: string, bonds: readonly string[]): Fault {
  const known = bonds.length === 0 ? 'There is no bond' : `The bonds are ${bonds.join(', ')}`;
  return invalid(
    `${name} lies over ${over}, and there is no such bond`,
    `${known}; a card is named by its number.`,
  );
}

function invalid(message: string, hint: string): Fault {
  return new Fault('invalid', 'GUEST_LINK_INVALID', message, { hint });
}
