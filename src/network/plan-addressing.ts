// Fills in what a network knows and a request left out: on the managed network prefix, gateway and DNS. Pure.
import { isIPv4 } from 'node:net';
import { Fault } from '../base/index.ts';
import type {
  Addressing,
  AddressingRequest,
  NamedPort,
  NetworkRequest,
  StaticRequest,
} from '../model/index.ts';
import { PLAIN_ADDRESSING } from '../model/index.ts';
import { isNeighbour } from './check-request.ts';
import type { AttachTarget, StaticLeases } from './target.ts';

export interface NetworkPlace {
  readonly request: NetworkRequest;
  readonly target: Exclude<AttachTarget, { kind: 'none' }>;
  /** The guest has cards already, one of which has the default route. */
  readonly isFurther?: boolean;
  /** What is there already, of which the request has MAC address and address. */
  readonly port?: NamedPort;
}

/** `isFirst`: the card that has the default route, where nobody says which. Throws `NETWORK_REQUEST_INVALID`. */
export function planAddressing({ request, target }: NetworkPlace, isFirst: boolean): readonly Addressing[] {
  const leases = leasesOf(target);
  return (request.addressing ?? PLAIN_ADDRESSING).map((one) => {
    if (one.kind !== 'static') return one;
    return leases !== null && isIPv4(one.address) ? onOurs(one, leases, isFirst) : elsewhere(one);
  });
}

/** Addresses of a link of the guest's own, of which no network of the host knows. Throws `NETWORK_REQUEST_INVALID`. */
export function addressesElsewhere(requests: readonly AddressingRequest[]): readonly Addressing[] {
  return requests.map((one) => (one.kind === 'static' ? elsewhere(one) : one));
}

/** The pairs of the managed network that a request names, by an address or by a MAC. Throws `ADDRESS_NOT_KEPT`. */
export function chosenPairs({ request, target }: NetworkPlace): StaticLeases['pairs'] {
  const leases = leasesOf(target);
  if (leases === null || target.kind !== 'network') return [];
  const addresses = (request.addressing ?? []).flatMap((one) =>
    one.kind === 'static' && isIPv4(one.address) ? [one.address] : [],
  );
  const pairs = addresses.map((address) => {
    const pair = leases.pairs.find((kept) => kept.address === address);
    if (pair === undefined) throw notKept(`the address ${address}`, target.network, leases);
    return pair;
  });
  const mac = request.mac?.toLowerCase();
  if (mac === undefined || pairs[0]?.mac.toLowerCase() === mac) return pairs;
  const pair = leases.pairs.find((kept) => kept.mac.toLowerCase() === mac);
  if (pair === undefined || pairs.length > 0) throw notKept(`the MAC address ${mac}`, target.network, leases);
  return [pair];
}

function leasesOf(target: NetworkPlace['target']): StaticLeases | null {
  return target.kind === 'network' ? target.staticLeases : null;
}

function onOurs(one: StaticRequest, leases: StaticLeases, isFirst: boolean): Addressing {
  const { gateway: asked, prefix = leases.prefix, dns = [leases.gateway], ...rest } = one;
  if (prefix !== leases.prefix) {
    throw invalid(
      `The managed network's prefix is /${leases.prefix}, and ${one.address} is asked for with /${prefix}`,
      'Leave the prefix out.',
    );
  }
  const gateway = asked === undefined && isFirst && !leases.isIsolated ? leases.gateway : asked;
  if (typeof gateway === 'string' && !isNeighbour(gateway, one.address, prefix)) {
    throw invalid(
      `The gateway ${gateway} is not in the managed network of ${one.address}/${prefix}`,
      `Leave it out, or take the network's own: ${leases.gateway}.`,
    );
  }
  return { ...rest, prefix, dns, ...gatewayOf(gateway) };
}

function elsewhere(one: StaticRequest): Addressing {
  const { gateway, prefix, ...rest } = one;
  if (prefix === undefined) {
    throw invalid(
      `The address ${one.address} comes without a prefix, and no network here knows it`,
      isIPv4(one.address) ? `Write it as ${one.address}/24.` : `Write it as ${one.address}/64.`,
    );
  }
  return { ...rest, prefix, ...gatewayOf(gateway) };
}

function gatewayOf(gateway: string | null | undefined): { readonly gateway?: string } {
  return gateway === undefined || gateway === null ? {} : { gateway };
}

function notKept(what: string, network: string, { pairs }: StaticLeases): Fault {
  const [first, last] = [pairs[0], pairs.at(-1)];
  return new Fault('invalid', 'ADDRESS_NOT_KEPT', `Network ${network} does not keep ${what} for a guest`, {
    hint: `Choose an address from ${first?.address} to ${last?.address}, or leave the choice to novalet; its MAC address comes with it.`,
    details: { network },
  });
}

function invalid(message: string, hint: string): Fault {
  return new Fault('invalid', 'NETWORK_REQUEST_INVALID', message, { hint });
}
