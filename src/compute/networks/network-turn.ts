// One process at a time makes or removes a network, and what is being removed takes no new guests.
import { networkLease, type UnderLease } from '../../network/index.ts';
import { holdLease } from '../holding.ts';
import type { Tools } from '../tools.ts';

const NETWORK_TURN_MS = 60_000;
const REMOVE = 'remove';

export function underNetworkLease(
  tools: Tools,
  what: 'make' | typeof REMOVE,
  signal: AbortSignal | undefined,
): UnderLease {
  return async (key, work) => {
    using _lease = await holdLease(tools, key, what, { timeoutMs: NETWORK_TURN_MS, signal });
    return await work();
  };
}

/**
 * To be asked in the transaction that gives the network a user: whoever removes it holds its lease first, and looks for users
 * after. Throws `LEASE_HELD`.
 */
export function requireStaying({ store }: Tools, network: string): void {
  store.leases.requireNot(networkLease(network), REMOVE);
}
