// What an instance's interface is attached to: a network of our own, ready for guests, or what a person named.
import {
  type AttachTarget,
  ensureNetwork,
  findNetwork,
  previewNetwork,
  wakeNetwork,
} from '../network/index.ts';
import { underNetworkLease } from './networks/network-turn.ts';
import { isNetworkUsed } from './networks/network-users.ts';
import { isSessionMode } from './settings.ts';
import { isElsewhere, realPath } from './state-owner.ts';
import type { Tools } from './tools.ts';

/** `peek` decides for print, and changes nothing. */
export type Mode = 'peek' | 'allocate';

/**
 * Finds the network, making the managed one and starting any of ours where that is needed. Throws `NETWORK_NOT_FOUND`,
 * `NETWORK_INACTIVE`, `NETWORK_NEEDS_SYSTEM` and what making our own throws.
 */
export async function findTarget(
  tools: Tools,
  name: string | undefined,
  mode: Mode,
  signal: AbortSignal | undefined,
): Promise<AttachTarget> {
  const { settings, paths } = tools;
  const isSession = isSessionMode(settings);
  const connection = await tools.libvirt.control();
  const underLease = underNetworkLease(tools, 'make', signal);
  if (name !== undefined && name !== settings.networkName) {
    return await findNetwork(connection, name, {
      ourNetwork: settings.networkName,
      isSession,
      isOurs: async (state) => !(await isElsewhere(paths.stateDir, state)),
      wake: mode === 'peek' ? null : async () => await wakeNetwork(connection, name, underLease),
    });
  }
  if (isSession) return { kind: 'user' };
  const ours = {
    name: settings.networkName,
    subnet: settings.networkSubnet,
    domain: settings.dhcpDomain,
    state: await realPath(paths.stateDir),
  };
  if (mode === 'peek') return await previewNetwork(connection, ours);
  return await ensureNetwork(connection, ours, underLease, (network) => !isNetworkUsed(tools, network));
}
