// The virtio-serial port of a lane: which one a process takes, plugged in where there is none, and its socket.
// Two processes never share one: the lease says whose it is, since QEMU would let the second connect and hang.
import { Fault, isFault } from '../base/index.ts';
import type { Domain } from '../libvirt/index.ts';
import {
  type ChannelFacts,
  channelElement,
  laneNumber,
  lanePort,
  liveDomainFacts,
  serializeXml,
} from '../libvirt-xml/index.ts';
import type { Instance } from '../model/index.ts';
import type { HeldLease, Leases } from '../store/index.ts';

/** virtio-serial has 31 ports, and the agent and others need some. */
const MOST_LANES = 28;

export interface LanePort {
  readonly number: number;
  readonly path: string;
  /** Something in the guest holds this or another lane open, so our server is there most likely. */
  readonly isServed: boolean;
  readonly lease: HeldLease;
}

interface LaneFacts {
  readonly number: number;
  readonly path: string;
  readonly state: ChannelFacts['state'];
}

/**
 * Takes a lane that nobody uses, or plugs one in. Throws `LANE_UNAVAILABLE` when the domain takes no more ports.
 */
export async function takeLanePort(instance: Instance, domain: Domain, leases: Leases): Promise<LanePort> {
  const lanes = lanesIn(await domain.xml());
  const isServed = lanes.some(({ state }) => state === 'connected');
  for (const { number, path } of lanes) {
    const lease = await tryLease(leases, instance, number);
    if (lease !== undefined) return { number, path, isServed, lease };
  }
  const taken = new Set(lanes.map(({ number }) => number));
  for (let number = 0; number < MOST_LANES; number += 1) {
    if (taken.has(number)) continue;
    const lease = await tryLease(leases, instance, number);
    if (lease === undefined) continue; // somebody is plugging it in at this moment
    try {
      const path = await plugIn(domain, number);
      return { number, path, isServed, lease };
    } catch (error) {
      lease.release();
      throw isFault(error) ? unavailable(instance, error) : error;
    }
  }
  throw unavailable(instance, undefined);
}

/**
 * Takes an extra port away, also one that a process left which died, and gives the lease back. The first lane stays, for
 * whoever comes next.
 */
export async function leaveLanePort(domain: Domain, port: LanePort): Promise<void> {
  try {
    if (port.number > 0) await domain.detachDevice(portXml(port.number, port.path), { live: true });
  } finally {
    port.lease.release();
  }
}

async function plugIn(domain: Domain, number: number): Promise<string> {
  await domain.attachDevice(portXml(number), { live: true });
  const made = lanesIn(await domain.xml()).find((lane) => lane.number === number);
  if (made !== undefined) return made.path;
  throw new Fault(
    'internal',
    'LANE_UNAVAILABLE',
    `libvirt plugged lane ${number} into ${domain.name}, and does not show it`,
  );
}

/** libvirt chooses the path when it is plugged in, and wants it told when it is taken away. */
function portXml(number: number, path?: string): string {
  return serializeXml(channelElement({ kind: 'channel', name: lanePort(number), path }));
}

/** Those with a socket: the ones of a running domain. */
function lanesIn(xml: string): readonly LaneFacts[] {
  return liveDomainFacts(xml)
    .channels.flatMap(({ name, path, state }) => {
      const number = laneNumber(name);
      return number === undefined || path === null ? [] : [{ number, path, state }];
    })
    .sort((one, other) => one.number - other.number);
}

async function tryLease(leases: Leases, instance: Instance, number: number): Promise<HeldLease | undefined> {
  const key = `lane:${instance.id}:${number}`;
  try {
    return await leases.acquireWaiting(key, 'reach into the guest', { timeoutMs: 0, takeOverDead: true });
  } catch (error) {
    if (isFault(error, 'LEASE_TIMEOUT')) return undefined;
    throw error;
  }
}

function unavailable(instance: Instance, cause: unknown): Fault {
  return new Fault('unavailable', 'LANE_UNAVAILABLE', `No lane could be plugged into ${instance.name}`, {
    cause,
    hint: `Calls take the slower road over the agent alone. Other processes may hold all ports: novalet guest ${instance.name} doctor`,
  });
}
