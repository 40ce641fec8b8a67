// The network cards of a clone as a launch would ask for them: on the same networks, with addresses of their own. Pure.
import { Fault } from '../../base/index.ts';
import {
  type Addressing,
  type AddressingRequest,
  type Instance,
  type NetworkRequest,
  networkOfPort,
  type Port,
} from '../../model/index.ts';

/**
 * `isKept`: whether the network, another one than the managed one, keeps the card's address. A port of its own name stays with
 * the first. Throws `CLONE_NEEDS_NETWORK` for an address that somebody chose, which two guests cannot have.
 */
export function clonedNetworks(
  { name, ports }: Pick<Instance, 'name' | 'ports'>,
  managedNetwork: string,
  isKept: (port: Port) => boolean,
): readonly NetworkRequest[] {
  if (ports.length === 0) return [{ network: 'none' }];
  return ports.map((port, number) => {
    const network = networkOfPort(port);
    const isManaged = network === undefined || network === managedNetwork;
    return {
      ...(isManaged ? {} : { network }),
      ...(port.isMtuChosen && port.mtu !== null ? { mtu: port.mtu } : {}),
      addressing: port.addressing.map((one) =>
        freed(one, { name, number, isManaged: isManaged || isKept(port) }),
      ),
    };
  });
}

interface Card {
  readonly name: string;
  readonly number: number;
  readonly isManaged: boolean;
}

/** On a network of our own novalet chooses another address; elsewhere only a person can. */
function freed(one: Addressing, { name, number, isManaged }: Card): AddressingRequest {
  if (one.kind === 'dhcp') return one;
  if (one.kind !== 'static') {
    const { address: _ofTheFirst, prefix: _itsPrefix, ...rest } = one; // it follows from the card's MAC, or is DHCP's to give
    return rest;
  }
  if (isManaged && !one.address.includes(':')) return { kind: 'dhcp', version: 4 };
  throw new Fault(
    'invalid',
    'CLONE_NEEDS_NETWORK',
    `Network card ${number} of instance ${name} has the address ${one.address}, which its clone cannot have too`,
    {
      hint: 'Say which networks and addresses the clone is to have: --network NAME,address=ADDRESS',
      details: { address: one.address },
    },
  );
}
