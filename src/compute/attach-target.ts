// What an instance's interface is attached to: our own network, ready for guests, or what a person named.
import { type AttachTarget, ensureNetwork, findNetwork, previewNetwork } from '../network/index.ts';
import { holdLease } from './holding.ts';
import { isSessionMode } from './settings.ts';
import type { Tools } from './tools.ts';

const NETWORK_TURN_MS = 60_000;

/** `peek` decides for print, and changes nothing. */
export type Mode = 'peek' | 'allocate';

/**
 * Finds the network, making or starting our own where that is needed. Throws `NETWORK_NOT_FOUND`, `NETWORK_INACTIVE`,
 * `NETWORK_NEEDS_SYSTEM` and what making our own throws.
 */
export async function findTarget(
  tools: Tools,
  name: string | undefined,
  mode: Mode,
  signal: AbortSignal | undefined,
): Promise<AttachTarget> {
  const { settings } = tools;
  const isSession = isSessionMode(settings);
  const connection = await tools.libvirt.control();
  if (name !== undefined && name !== settings.networkName) {
    return await findNetwork(connection, name, { ourNetwork: settings.networkName, isSession });
  }
  if (isSession) return { kind: 'user' };
  const ours = { name: settings.networkName, subnet: settings.networkSubnet, domain: settings.dhcpDomain };
  if (mode === 'peek') return await previewNetwork(connection, ours);
  return await ensureNetwork(connection, ours, async (key, work) => {
    using _lease = await holdLease(tools, key, 'make', { timeoutMs: NETWORK_TURN_MS, signal });
    return await work();
  });
}
