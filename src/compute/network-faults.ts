// What cannot be meant of several network cards together, or is somebody's already.
import { Fault } from '../base/index.ts';

export function networkCombinationInvalid(): Fault {
  return new Fault(
    'invalid',
    'NETWORK_REQUEST_INVALID',
    'One network card and no network are both asked for',
    {
      hint: 'Name "none" alone, and every network in the same list: `networks` of the library, or --network several times.',
    },
  );
}

export function nothingToSay(): Fault {
  return new Fault(
    'invalid',
    'NETWORK_REQUEST_INVALID',
    'No network card is asked for, and addresses, a MAC address or an MTU for it',
    { hint: 'Leave the words behind "none" out, or name a network before them.' },
  );
}

export function memberHasAddresses(card: number): Fault {
  return new Fault(
    'invalid',
    'GUEST_LINK_INVALID',
    `Card ${card} is in a bond, and has addresses of its own`,
    {
      hint: 'Give the addresses to the bond.',
    },
  );
}
