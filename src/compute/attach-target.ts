// What an instance's interface is attached to: a network of our own, ready for guests, or what a person named.
import { Fault, isFault } from '../base/index.ts';
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
 * `NETWORK_NOT_MANAGED` where the managed one is another novalet's, `NETWORK_INACTIVE`, `NETWORK_NEEDS_SYSTEM` and what making our own throws.
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
  const target =
    mode === 'peek'
      ? await previewNetwork(connection, ours)
      : await ensureNetwork(connection, ours, underLease, (network) => !isNetworkUsed(tools, network));
  if (target.state !== undefined && (await isElsewhere(paths.stateDir, target.state)))
    throw managedElsewhere(target.network, target.state);
  return target;
}

/** For an instance that has its card already, also where the managed network has come to be another novalet's since. */
export async function wakeTarget(tools: Tools, name: string, signal: AbortSignal | undefined): Promise<void> {
  try {
    await findTarget(tools, name, 'allocate', signal);
  } catch (error) {
    if (!isFault(error, 'NETWORK_NOT_MANAGED')) throw error;
  }
}

/** Two that keep the same addresses would give them out twice. */
function managedElsewhere(network: string, state: string): Fault {
  return new Fault(
    'denied',
    'NETWORK_NOT_MANAGED',
    `The network ${network} belongs to another novalet, whose state is in ${state}`,
    {
      hint: 'Give this one a managed network of its own: network.name in the configuration.',
      details: { network, state },
    },
  );
}
