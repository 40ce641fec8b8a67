// Whether a guest was told of the VLANs and bonds that a wish names. Pure. It is told once, at its launch.
import { isDeepStrictEqual } from 'node:util';
import type { GuestLink, Instance, LinkRequest } from '../../model/index.ts';
import { planLinks } from '../../network/index.ts';
import type { Change } from './change.ts';
import type { CardChanges } from './compare-cards.ts';
import type { Difference, WantedInstance } from './requests.ts';

/** Those that a launch would make. Throws `GUEST_LINK_INVALID`. */
export function wantedLinks({ links, networks = [{}] }: WantedInstance): readonly GuestLink[] | undefined {
  return links && planLinks(links, networks.filter(({ network }) => network !== 'none').length);
}

/** `cards`: which card stands for which wish; undefined where nothing is said of cards. */
export function linksChange(
  wanted: readonly GuestLink[] | undefined,
  { links }: Instance,
  cards: CardChanges | undefined,
): Change | undefined {
  if (wanted === undefined) return undefined;
  const numbered = wanted.map((link) => renumbered(link, cards));
  const isThere = (link: GuestLink, list: readonly GuestLink[]) =>
    list.some((one) => isDeepStrictEqual(one, link));
  const gone = links.filter((link) => !isThere(link, numbered));
  const missing = numbered.flatMap((link, at) => (isThere(link, links) ? [] : (wanted[at] ?? [])));
  if (gone.length + missing.length === 0) return undefined;
  const differences: readonly Difference[] = [
    ...gone.map((link) => ({ key: keyOf(link), from: linkWords(link), to: null })),
    ...missing.map((link) => ({ key: keyOf(link), from: null, to: linkWords(link) })),
  ];
  return { differences, acts: [], needs: ['relaunch'] };
}

/** What the guest makes of a card that is to go, although the file does not say that it shall be otherwise. */
export function carriedLink(
  { ports, links }: Instance,
  { detach }: Pick<CardChanges, 'detach'>,
): GuestLink | undefined {
  const going = new Set(detach.map((port) => ports.indexOf(port)));
  return links.find((link) => cardsBelow(link).some((card) => going.has(card)));
}

/** `bond0 of 0, 1`, `vlan 7 on bond0`. */
export function linkWords(link: GuestLink | LinkRequest): string {
  if (link.kind === 'bond') return `${link.name} of ${link.members.join(', ')}`;
  return `vlan ${link.vlanId} on ${link.over}`;
}

function keyOf({ kind }: GuestLink): string {
  return kind === 'bond' ? 'bonds' : 'vlans';
}

function cardsBelow(link: GuestLink): readonly number[] {
  if (link.kind === 'bond') return link.members;
  return typeof link.over === 'number' ? [link.over] : [];
}

/** By the cards that there are; one that is not there yet is none. */
function renumbered(link: GuestLink, cards: CardChanges | undefined): GuestLink {
  if (cards === undefined) return link;
  const numberOf = (card: number) => cards.cardOf.get(card) ?? -1;
  if (link.kind === 'bond') return { ...link, members: link.members.map(numberOf) };
  return typeof link.over === 'number' ? { ...link, over: numberOf(link.over) } : link;
}
