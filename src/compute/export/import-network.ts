// The network cards of an imported instance as a launch would ask for them. Pure.
import { Fault } from '../../base/index.ts';
import {
  type Addressing,
  type AddressingRequest,
  type NamedPort,
  type NetworkRequest,
  networkOfPort,
  type Port,
} from '../../model/index.ts';
import type { ImportRequest } from './export-requests.ts';
import type { ExportManifest } from './manifest.ts';

/** Whether its cards are those that it had, with all that it was told of them. */
export function keepsCards({ keepId, networks }: ImportRequest): boolean {
  return keepId === true && networks === undefined;
}

/** What this host has of its own. */
export interface HostCards {
  /** Names of the networks whose addresses novalet keeps. */
  readonly managed: ReadonlySet<string>;
  readonly ports: readonly NamedPort[];
}

/** Throws `IMPORT_NEEDS_NETWORK` for an address that somebody chose, which a copy must not have too. */
export function importedNetworks(
  { instance, managedNetwork }: ExportManifest,
  request: ImportRequest,
  host: HostCards,
): readonly NetworkRequest[] {
  if (request.networks !== undefined) return request.networks;
  return instance.ports.map((port, number) => {
    const network = networkOfPort(port);
    const isOld = network === undefined || network === managedNetwork; // whatever it is called here
    const isManaged = isOld || host.managed.has(network);
    return {
      ...placeOf(port, isOld ? undefined : network, request.keepId === true ? host.ports : undefined),
      ...(port.isMtuChosen && port.mtu !== null ? { mtu: port.mtu } : {}),
      addressing:
        request.keepId === true
          ? port.addressing
          : port.addressing.map((one) => freed(one, { number, isManaged })),
    };
  });
}

/** `named`: the ports among which the card may be one still; undefined for a copy, which has a MAC address of its own. */
function placeOf(
  { id, mac }: Port,
  network: string | undefined,
  named: readonly NamedPort[] | undefined,
): Pick<NetworkRequest, 'port' | 'network' | 'mac'> {
  if (named?.some((one) => one.id === id && one.mac === mac)) return { port: id };
  return { ...(network === undefined ? {} : { network }), ...(named === undefined ? {} : { mac }) };
}

/** On a network of our own novalet chooses another address; elsewhere only a person can. */
function freed(
  one: Addressing,
  card: { readonly number: number; readonly isManaged: boolean },
): AddressingRequest {
  if (one.kind !== 'static') return one;
  if (card.isManaged && !one.address.includes(':')) return { kind: 'dhcp', version: 4 };
  throw new Fault(
    'invalid',
    'IMPORT_NEEDS_NETWORK',
    `Network card ${card.number} has the address ${one.address}, which a copy of the instance cannot have too`,
    {
      hint: 'Say which networks and addresses it is to have: --network NAME,ip=ADDRESS; or move it as it was: --keep-id',
    },
  );
}
