// A launch's wish for a port that is there already, as a wish for a card: on the port's network, with its MAC address and its
// address.
import { isIPv4 } from 'node:net';
import { Fault } from '../../base/index.ts';
import {
  type AddressingRequest,
  type NamedPort,
  type NetworkRequest,
  networkOfPort,
  PLAIN_ADDRESSING,
} from '../../model/index.ts';
import type { NetworkPlace, StaticLeases } from '../../network/index.ts';
import type { Tools } from '../tools.ts';

/** Beside the port's name. */
type Wish = Omit<NetworkRequest, 'port'>;

/** Throws `PORT_NOT_FOUND`, `PORT_AMBIGUOUS`, and `NETWORK_REQUEST_INVALID` for a wish that says what the port says. */
export function findNamedPort({ store }: Tools, ref: string, { network, mac }: Wish): NamedPort {
  const port = store.ports.find(ref);
  if (network === undefined && mac === undefined) return port;
  throw new Fault(
    'invalid',
    'NETWORK_REQUEST_INVALID',
    `The port ${port.name} has its network and its MAC address, and ${network === undefined ? 'a MAC address' : 'a network'} is asked for beside it`,
    { hint: `Give one of the two: --network port=${port.name}, or a network.`, details: { port: port.name } },
  );
}

/** The name by which its network is found again. */
export function networkNameOf(port: Pick<NamedPort, 'binding'>): string {
  return networkOfPort(port) ?? 'user';
}

/**
 * Throws `ADDRESS_NOT_KEPT` where the network keeps the port's address no more, and `NETWORK_REQUEST_INVALID` for another
 * address beside it.
 */
export function namedPlace(request: Wish, port: NamedPort, target: NetworkPlace['target']): NetworkPlace {
  const leases = target.kind === 'network' ? target.staticLeases : null;
  if (leases !== null) requireKept(port, leases);
  const addressing = leases === null ? toldAddressing(request, port.fixedIps) : keptAddressing(request, port);
  const rest = addressing === undefined ? {} : { addressing };
  return { request: { ...request, mac: port.mac, ...rest }, target, port };
}

/** Somebody may have made the network anew since. */
function requireKept({ name, mac, fixedIps, ...port }: NamedPort, { pairs }: StaticLeases): void {
  const [{ address } = { address: undefined }] = fixedIps;
  if (pairs.some((pair) => pair.mac.toLowerCase() === mac && pair.address === address)) return;
  throw new Fault(
    'invalid',
    'ADDRESS_NOT_KEPT',
    `The network ${networkNameOf(port)} does not keep the address ${address ?? 'of any kind'} for the port ${name}: it was made anew since`,
    { hint: `Make the port anew: novalet port delete ${name}`, details: { port: name } },
  );
}

/** The network gives the address by DHCP; it may be told the guest as well, and no other one. */
function keptAddressing(request: Wish, { name, fixedIps }: NamedPort): NetworkRequest['addressing'] {
  const other = request.addressing?.find(
    (one) =>
      one.kind === 'static' &&
      isIPv4(one.address) &&
      !fixedIps.some(({ address }) => address === one.address),
  );
  const [_kept, ...told] = fixedIps;
  if (other?.kind !== 'static') return toldAddressing(request, told);
  const own = fixedIps.map(({ address }) => address).join(', ');
  throw new Fault(
    'invalid',
    'NETWORK_REQUEST_INVALID',
    `The port ${name} has the address ${own}, and ${other.address} is asked for`,
    { hint: 'Leave the address out.', details: { port: name } },
  );
}

/** Nobody else tells the guest; what is asked for besides stays. */
function toldAddressing({ addressing }: Wish, fixedIps: NamedPort['fixedIps']): NetworkRequest['addressing'] {
  if (fixedIps.length === 0 || addressing?.length === 0) return addressing; // a card in a bond is told nothing
  const asked = addressing ?? PLAIN_ADDRESSING;
  const told: AddressingRequest[] = fixedIps.map(({ address, prefix }) => {
    const own = asked.find((one) => one.kind === 'static' && one.address === address);
    return own?.kind === 'static' ? { prefix, ...own } : { kind: 'static', address, prefix };
  });
  return [...told, ...asked.filter((one) => !isStoodIn(one, fixedIps))];
}

/** Whether an address of the port stands in its place: itself, or DHCP of the same IP version. */
function isStoodIn(one: AddressingRequest, fixedIps: NamedPort['fixedIps']): boolean {
  if (one.kind === 'static') return fixedIps.some(({ address }) => address === one.address);
  return one.kind === 'dhcp' && fixedIps.some(({ address }) => isIPv4(address) === (one.version === 4));
}

/**
 * To be asked in the transaction that gives it to an instance. Throws `PORT_NOT_FOUND` where it was removed meanwhile,
 * `PORT_IN_USE`, and `NETWORK_REQUEST_INVALID` for one that is asked for twice.
 */
export function requireTakeable({ store }: Tools, ports: readonly NamedPort[]): void {
  for (const [at, { id, name }] of ports.entries()) {
    store.ports.find(id);
    store.ports.requireUnused(id);
    if (ports.findIndex((one) => one.id === id) === at) continue;
    throw new Fault('invalid', 'NETWORK_REQUEST_INVALID', `The port ${name} is asked for twice`, {
      hint: 'Give each network card its own.',
      details: { port: name },
    });
  }
}
