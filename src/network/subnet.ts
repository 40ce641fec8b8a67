// Chooses the subnet of a network of ours, so that it hides nothing that the host can reach. Pure.
import { Fault } from '../base/index.ts';
import {
  addressesFrom,
  formatIpv4,
  formatSubnet,
  lastOf,
  overlap,
  parseSubnet,
  type Subnet,
} from './ipv4.ts';

/** What a network gives out: the host's own address, and the guests' from `first` to `last`. */
export interface SubnetLayout {
  readonly subnet: Subnet;
  readonly gateway: string;
  readonly first: string;
  readonly last: string;
  /** The part of the guests' addresses that is kept for ports; the rest is for guests that are not ours. */
  readonly kept: readonly string[];
}

/** Wider routes than this are ways out (the default route, or a VPN's two halves of everything), not neighbours. */
const WIDEST_NEIGHBOUR = 7;
const WIDEST = 8;
/** A network of 8 addresses: 5 guests. */
const NARROWEST = 29;
/** One in so many addresses is left for guests that others attach to the network. */
const FOREIGN_SHARE = 16;
/** Each one is an entry in the network's XML, which every launch reads. */
const MOST_KEPT = 1000;

/** The first private /24 that overlaps none of `used`. Throws `SUBNET_EXHAUSTED`. */
export function chooseSubnet(used: readonly Subnet[]): Subnet {
  for (const candidate of candidates()) {
    if (!collides(candidate, used)) return candidate;
  }
  throw new Fault('exhausted', 'SUBNET_EXHAUSTED', 'Every private subnet that novalet tries is in use', {
    hint: 'Name a free one: network.subnet of the configuration, or --subnet of a network of its own',
    details: { used: used.length },
  });
}

/** The subnet that the operator wants. Throws `SUBNET_INVALID` or `SUBNET_IN_USE`. */
export function requireSubnet(wish: string, used: readonly Subnet[]): Subnet {
  const subnet = parseSubnet(wish);
  if (subnet === undefined || subnet.prefix < WIDEST || subnet.prefix > NARROWEST) {
    throw new Fault('invalid', 'SUBNET_INVALID', `"${wish}" is not an IPv4 subnet for guests`, {
      hint: `Write it as 192.168.150.0/24, with a length from ${WIDEST} to ${NARROWEST}.`,
    });
  }
  if (!collides(subnet, used)) return subnet;
  const other = used.find((each) => isNeighbour(each) && overlap(subnet, each)) ?? subnet;
  throw new Fault(
    'conflict',
    'SUBNET_IN_USE',
    `The subnet ${formatSubnet(subnet)} overlaps ${formatSubnet(other)}, which this host uses already`,
    {
      hint: 'Name another one (network.subnet of the configuration, or --subnet), or leave the choice to novalet.',
    },
  );
}

export function layoutOf(subnet: Subnet): SubnetLayout {
  const first = subnet.base + 2;
  const last = lastOf(subnet) - 1;
  const count = last - first + 1;
  const kept = Math.min(count - Math.floor(count / FOREIGN_SHARE), MOST_KEPT);
  return {
    subnet,
    gateway: formatIpv4(subnet.base + 1),
    first: formatIpv4(first),
    last: formatIpv4(last),
    kept: addressesFrom(first, first + kept - 1),
  };
}

function collides(subnet: Subnet, used: readonly Subnet[]): boolean {
  return used.some((other) => isNeighbour(other) && overlap(subnet, other));
}

function isNeighbour(subnet: Subnet): boolean {
  return subnet.prefix > WIDEST_NEIGHBOUR;
}

/** Away from what routers at home, libvirt's own network (192.168.122) and Docker (172.17 and up) take first. */
function* candidates(): Generator<Subnet> {
  for (let third = 150; third < 255; third += 1) yield private24(`192.168.${third}`);
  for (let second = 200; second < 255; second += 1) yield private24(`10.${second}.0`);
  for (let second = 31; second > 24; second -= 1) yield private24(`172.${second}.250`);
}

function private24(beginning: string): Subnet {
  const subnet = parseSubnet(`${beginning}.0/24`);
  if (subnet === undefined) throw new Fault('internal', 'INTERNAL', `${beginning} begins no address`);
  return subnet;
}
