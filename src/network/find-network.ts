// Finds what a person means by a network's name.
import { Fault } from '../base/index.ts';
import type { Connection } from '../libvirt/index.ts';
import { bridgeNames, isBridge, mtuOf } from './host-links.ts';
import { stateOfNetwork } from './mark.ts';
import { type FoundNetwork, readOneNetwork } from './read-networks.ts';
import { type AttachTarget, networkTarget } from './target.ts';

export interface FindNetworkOptions {
  /** The network in which novalet keeps addresses. */
  readonly ourNetwork: string;
  /** libvirt's per-user mode: there are no networks and bridges to attach to. */
  readonly isSession: boolean;
  /** Whether the networks are ours that were made by the novalet of this state directory; none is when left out. */
  readonly isOurs?: (state: string) => Promise<boolean>;
  /** Starts one of ours; with nothing here one that is not active is refused, and null takes it as it is. */
  readonly wake?: ((name: string) => Promise<void>) | null;
}

/**
 * A libvirt network by name, else a bridge of the host; `none` and `user` are always there. Throws `NETWORK_NOT_FOUND`,
 * which lists what there is, `NETWORK_INACTIVE`, or `NETWORK_NEEDS_SYSTEM`.
 */
export async function findNetwork(
  connection: Connection,
  name: string,
  options: FindNetworkOptions,
): Promise<AttachTarget> {
  if (name === 'none' || name === 'user') return { kind: name };
  if (options.isSession) throw needsSystem(name);
  const found = await readOneNetwork(connection, name);
  if (found !== undefined) return await targetOf(found, options);
  if (isBridge(name)) return { kind: 'bridge', bridge: name, mtu: mtuOf(name) };
  throw await notFound(connection, name);
}

async function targetOf(found: FoundNetwork, options: FindNetworkOptions): Promise<AttachTarget> {
  const { network, description, isActive } = found;
  const isOurs = network.name === options.ourNetwork || (await isMarked(found, options));
  if (!isActive && !(isOurs && options.wake !== undefined)) throw inactive(network.name);
  if (!isActive) await options.wake?.(network.name);
  const target = networkTarget(description, isOurs);
  return target.bridge === '' ? { ...target, bridge: await network.bridgeName() } : target;
}

async function isMarked({ description }: FoundNetwork, { isOurs }: FindNetworkOptions): Promise<boolean> {
  const state = stateOfNetwork(description);
  return state !== undefined && (await isOurs?.(state)) === true;
}

async function notFound(connection: Connection, name: string): Promise<Fault> {
  const networks = (await connection.listNetworks()).map((network) => network.name);
  const bridges = bridgeNames();
  const there = [
    networks.length === 0 ? 'no libvirt networks' : `the libvirt networks ${networks.join(', ')}`,
    bridges.length === 0 ? 'no bridges' : `the bridges ${bridges.join(', ')}`,
  ];
  return new Fault('not-found', 'NETWORK_NOT_FOUND', `There is no network or bridge "${name}" on this host`, {
    hint: `There are ${there.join(', and ')}; "none" attaches nothing.`,
    details: { network: name },
  });
}

function inactive(name: string): Fault {
  return new Fault('conflict', 'NETWORK_INACTIVE', `The libvirt network ${name} is not active`, {
    hint: `virsh net-start ${name}`,
    details: { network: name },
  });
}

function needsSystem(name: string): Fault {
  return new Fault(
    'unsupported',
    'NETWORK_NEEDS_SYSTEM',
    `Network "${name}" cannot be used in libvirt's session mode, which has user-mode networking only`,
    {
      hint: 'Leave --network out, say --network none, or connect to qemu:///system.',
      details: { network: name },
    },
  );
}
