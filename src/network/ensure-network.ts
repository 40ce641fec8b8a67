// Networks of our own: the one that is made on first use, and those that somebody asks for. Persistent, started with the host.
// A process that was killed in the middle leaves a defined network, which the next one starts, or, where it cannot, makes anew.
import { Fault } from '../base/index.ts';
import type { Connection, Network } from '../libvirt/index.ts';
import { readNetwork } from '../libvirt-xml/index.ts';
import { describeNetwork, type OurNetwork } from './describe-network.ts';
import { stateOfNetwork } from './mark.ts';
import { type AttachTarget, networkTarget } from './target.ts';

/** Runs `work` while no other process makes or removes the same network. */
export type UnderLease = <T>(key: string, work: () => Promise<T>) => Promise<T>;

/** Whether a marked network that does not start may be given up and made anew. */
export type MayReplace = (name: string) => boolean;

export interface Making {
  readonly underLease: UnderLease;
  readonly mayReplace: MayReplace;
  /** Whether one that is there and does not run is what is asked for. */
  readonly asAsked: (found: Network) => Promise<boolean>;
}

type NetworkTarget = Extract<AttachTarget, { kind: 'network' }>;

const MOST_ATTEMPTS = 5;

/** The lease under which the network of this name is made and removed. */
export function networkLease(name: string): string {
  return `network:${name}`;
}

/**
 * The network, ready for guests. Three libvirt calls when it is there. Throws `NETWORK_START_FAILED`, `SUBNET_EXHAUSTED`,
 * `SUBNET_INVALID` or `SUBNET_IN_USE`, and what the lease throws.
 */
export async function ensureNetwork(
  connection: Connection,
  wish: OurNetwork,
  underLease: UnderLease,
  mayReplace: MayReplace = () => false,
): Promise<NetworkTarget> {
  const network = await connection.findNetwork({ name: wish.name });
  if (network !== undefined && (await network.isActive()))
    return networkTarget(readNetwork(await network.xml()), true);
  return await underLease(networkLease(wish.name), async () => {
    const found = await connection.findNetwork({ name: wish.name });
    const ready =
      found === undefined
        ? await make(connection, wish)
        : await startOrReplace(connection, found, wish, mayReplace);
    return networkTarget(readNetwork(await ready.xml()), true);
  });
}

/**
 * Makes it, or finishes what a killed process left, if that is `asAsked`. Undefined where there is another one of its name.
 * Throws as `ensureNetwork` does.
 */
export async function createNetwork(
  connection: Connection,
  wish: OurNetwork,
  making: Making,
): Promise<Network | undefined> {
  return await making.underLease(networkLease(wish.name), async () => {
    const found = await connection.findNetwork({ name: wish.name });
    if (found === undefined) return await make(connection, wish);
    if ((await found.isActive()) || !(await making.asAsked(found))) return undefined;
    return await startOrReplace(connection, found, wish, making.mayReplace);
  });
}

/** Starts one that is there, if it does not run. Throws `NETWORK_NOT_FOUND` where it is gone by now, and `NETWORK_START_FAILED`. */
export async function wakeNetwork(
  connection: Connection,
  name: string,
  underLease: UnderLease,
): Promise<void> {
  await underLease(networkLease(name), async () => {
    const network = await connection.networkByName(name);
    await network.setAutostart(true);
    if (!(await network.isActive())) await start(network);
  });
}

/** What `ensureNetwork` would give, without making or starting anything; for plans that are only printed. */
export async function previewNetwork(connection: Connection, wish: OurNetwork): Promise<NetworkTarget> {
  const network = await connection.findNetwork({ name: wish.name });
  const xml = network === undefined ? await describeNetwork(connection, wish) : await network.xml();
  return networkTarget(readNetwork(xml), true);
}

/**
 * Somebody else may take the bridge's name or the subnet between our look and our making; then another look tells
 * another description, and we try again.
 */
async function make(connection: Connection, wish: OurNetwork): Promise<Network> {
  for (let attempt = 1; ; attempt += 1) {
    const xml = await describeNetwork(connection, wish);
    try {
      return await defineAndStart(connection, xml);
    } catch (error) {
      if (attempt === MOST_ATTEMPTS || isSamePlace(xml, await describeNetwork(connection, wish))) throw error;
    }
  }
}

/** MAC addresses are drawn anew each time. */
function isSamePlace(one: string, other: string): boolean {
  const [first, second] = [readNetwork(one), readNetwork(other)];
  return first.bridge === second.bridge && first.ips[0]?.address === second.ips[0]?.address;
}

async function defineAndStart(connection: Connection, xml: string): Promise<Network> {
  const network = await connection.defineNetwork(xml);
  try {
    await network.setAutostart(true);
    await start(network);
    return network;
  } catch (error) {
    await network.undefine();
    throw error;
  }
}

/** Its subnet or its bridge may be somebody else's by now. */
async function startOrReplace(
  connection: Connection,
  network: Network,
  wish: OurNetwork,
  mayReplace: MayReplace,
): Promise<Network> {
  await network.setAutostart(true);
  if (await network.isActive()) return network;
  try {
    await start(network);
    return network;
  } catch (error) {
    const isMarked = stateOfNetwork(readNetwork(await network.xml())) !== undefined;
    if (!isMarked || !mayReplace(network.name)) throw error;
    await network.undefine();
    return await make(connection, wish);
  }
}

async function start(network: Network): Promise<void> {
  try {
    await network.start();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Fault('refused', 'NETWORK_START_FAILED', `Network ${network.name} does not start: ${why}`, {
      cause: error,
      hint: `When its subnet or bridge is used by something else now, let novalet choose anew: novalet network delete ${network.name}. dnsmasq must be installed: apt install dnsmasq-base`,
      details: { network: network.name },
    });
  }
}
