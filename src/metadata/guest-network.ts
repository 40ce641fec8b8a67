// What all descriptions of a guest's network are made from: its cards, and the VLANs and bonds that it makes of them, with
// what a description has to say of each. Pure.
import { Fault } from '../base/index.ts';
import {
  type Addressing,
  type BondLink,
  DEFAULT_MIIMON_MS,
  type GuestLink,
  type VlanLink,
} from '../model/index.ts';
import type { MetadataNic } from './metadata-input.ts';

export interface GuestNetwork {
  readonly cards: readonly Card[];
  readonly bonds: readonly Bond[];
  readonly vlans: readonly Vlan[];
}

interface Traits {
  readonly mac: string;
  /** Null where DHCP tells it: a second source in the guest would win over that one. */
  readonly mtu: number | null;
  readonly addressing: readonly Addressing[];
}

export interface Card extends Traits {
  readonly nic: MetadataNic;
  /** What the guest calls it where a description gives names: `eth0`, `eth1` …, in the order of the cards that are described. */
  readonly name: string;
  readonly label: string;
}

export interface Bond extends Traits {
  readonly name: string;
  readonly members: readonly Card[];
  readonly mode: BondLink['mode'];
  readonly miimon: number;
  readonly xmitHashPolicy: BondLink['xmitHashPolicy'];
}

export interface Vlan extends Traits {
  readonly name: string;
  readonly vlanId: number;
  readonly over: Card | Bond;
  /** Whether the MAC address is another than that of what it lies over. */
  readonly hasOwnMac: boolean;
}

/**
 * Undefined where there is nothing to say, which leaves the guest to its own: a card without addresses that no link needs is
 * not described. Throws `GUEST_LINK_INVALID`.
 */
export function guestNetwork(
  nics: readonly MetadataNic[],
  links: readonly GuestLink[] = [],
): GuestNetwork | undefined {
  const needed = new Set(links.flatMap(cardsOf));
  const described = nics.flatMap((nic, number) =>
    nic.addressing.length > 0 || needed.has(number) ? [{ nic, number }] : [],
  );
  if (described.length === 0 && links.length === 0) return undefined;
  const cards = new Map(described.map(({ nic, number }, at) => [number, cardOf(nic, at)]));
  const bonds = links.flatMap((link) => (link.kind === 'bond' ? [bondOf(link, cards)] : []));
  const vlans = links.flatMap((link) => (link.kind === 'vlan' ? [vlanOf(link, cards, bonds)] : []));
  return { cards: [...cards.values()], bonds, vlans };
}

function cardsOf(link: GuestLink): readonly number[] {
  if (link.kind === 'bond') return link.members;
  return typeof link.over === 'number' ? [link.over] : [];
}

function cardOf(nic: MetadataNic, at: number): Card {
  const { port, addressing } = nic;
  const mtu = addressing.some(isFromDhcp) && !port.isMtuChosen ? null : port.mtu;
  return { nic, name: `eth${at}`, label: `port${at}`, mac: port.mac, mtu, addressing };
}

function isFromDhcp({ kind }: Addressing): boolean {
  return kind === 'dhcp' || kind === 'dhcpv6-stateless' || kind === 'dhcpv6-stateful';
}

function bondOf(link: BondLink, cards: ReadonlyMap<number, Card>): Bond {
  const members = link.members.map((number) => cards.get(number) ?? missing(link.name, number));
  const { name, mode, miimon = DEFAULT_MIIMON_MS, xmitHashPolicy, mtu = null, addressing } = link;
  const mac = link.mac ?? members[0]?.mac ?? missing(name, 0);
  return { name, members, mode, miimon, xmitHashPolicy, mac, mtu, addressing };
}

function vlanOf(link: VlanLink, cards: ReadonlyMap<number, Card>, bonds: readonly Bond[]): Vlan {
  const { name, vlanId, over, mtu = null, addressing } = link;
  const below = typeof over === 'number' ? cards.get(over) : bonds.find((bond) => bond.name === over);
  if (below === undefined) return missing(name, over);
  const mac = link.mac ?? below.mac;
  return { name, vlanId, over: below, hasOwnMac: mac !== below.mac, mac, mtu, addressing };
}

function missing(name: string, over: number | string): never {
  throw new Fault('invalid', 'GUEST_LINK_INVALID', `${name} lies over ${over}, which is no card or bond`, {
    hint: 'Name a card by its number, from 0 on, or a bond by its name.',
  });
}
