// The virtio-serial port of a lane: which one a process takes, plugged in where there is none, and its socket.
// Two processes never share one: the lease says whose it is, since QEMU would let the second connect and hang.
import { Fault, isFault, within } from '../base/index.ts';
import type { Connection, Domain, Subscription } from '../libvirt/index.ts';
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
/** The guest has no say in the removal of a port; libvirt tells of it in some 60 ms. */
const REMOVAL_TIMEOUT_MS = 15_000;

export interface LanePort {
  readonly number: number;
  readonly path: string;
  /** Something in the guest holds this or another lane open, so our server is there most likely. */
  readonly isServed: boolean;
  /** There were others when it was taken, or it is one more itself: something to put in order at the end. */
  readonly isOneOfMany: boolean;
  readonly lease: HeldLease;
}

interface LaneFacts {
  readonly number: number;
  readonly path: string;
  readonly state: ChannelFacts['state'];
}

/**
 * Takes a lane that nobody uses, or plugs one in. Throws `LANE_UNAVAILABLE` when the domain takes no more ports, or was
 * adopted without any.
 */
export async function takeLanePort(instance: Instance, domain: Domain, leases: Leases): Promise<LanePort> {
  const lanes = lanesIn(await domain.xml());
  if (lanes.length === 0 && instance.adoption !== null) throw notAskedFor(instance);
  const isServed = lanes.some(({ state }) => state === 'connected');
  const isOneOfMany = lanes.length > 1;
  for (const { number, path } of lanes) {
    const lease = await tryLease(leases, instance, number);
    if (lease !== undefined) return { number, path, isServed, isOneOfMany, lease };
  }
  const taken = new Set(lanes.map(({ number }) => number));
  for (let number = 0; number < MOST_LANES; number += 1) {
    if (taken.has(number)) continue;
    const lease = await tryLease(leases, instance, number);
    if (lease === undefined) continue; // somebody is plugging it in at this moment
    try {
      const path = await plugIn(domain, number);
      return { number, path, isServed, isOneOfMany: number > 0, lease };
    } catch (error) {
      lease.release();
      throw isFault(error) ? unavailable(instance, error) : error;
    }
  }
  throw unavailable(instance, undefined);
}

export interface LanePlace {
  readonly instance: Instance;
  readonly connection: Pick<Connection, 'subscribe'>;
  readonly domain: Pick<Domain, 'uuid' | 'xml' | 'detachDevice'>;
  readonly leases: Leases;
}

/**
 * Gives the lease back. One free lane stays plugged in for whoever comes next: beside a process that holds the first one for
 * days, nobody plugs and unplugs another at every call. Those above it go, also what a process left that died; a lease
 * is given back only when its port is gone.
 */
export async function leaveLanePort(place: LanePlace, port: LanePort): Promise<void> {
  try {
    if (!port.isOneOfMany) return;
    const lanes = lanesIn(await place.domain.xml());
    const hasSpare = lanes.some(({ number }) => number < port.number && isFree(place, number));
    for (const { number, path } of lanes.filter((lane) => lane.number > port.number)) {
      using lease = await tryLease(place.leases, place.instance, number);
      if (lease !== undefined) await unplug(place, number, path);
    }
    if (hasSpare) await unplug(place, port.number, port.path);
  } finally {
    port.lease.release();
  }
}

function isFree({ leases, instance }: LanePlace, number: number): boolean {
  const lease = leases.get(keyOf(instance, number));
  return lease === undefined || leases.hasDeadOwner(lease);
}

/** Resolves when libvirt has seen it go: who took the port before would lose what runs over it. */
async function unplug({ connection, domain }: LanePlace, number: number, path: string): Promise<void> {
  await using events = await connection.subscribe();
  await domain.detachDevice(portXml(number, path), { live: true });
  await within(REMOVAL_TIMEOUT_MS, `lane ${number} to go`, () => untilGone(events, domain, number));
}

async function untilGone(events: Subscription, domain: LanePlace['domain'], number: number): Promise<void> {
  const isGone = async () => !lanesIn(await domain.xml()).some((lane) => lane.number === number);
  if (await isGone()) return;
  for await (const event of events) {
    const mayBeIt = event.kind === 'device-removed' && event.uuid === domain.uuid;
    if (mayBeIt && (await isGone())) return;
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
  try {
    return await leases.acquireWaiting(keyOf(instance, number), 'reach into the guest', {
      timeoutMs: 0,
      takeOverDead: true,
    });
  } catch (error) {
    if (isFault(error, 'LEASE_TIMEOUT')) return undefined;
    throw error;
  }
}

function keyOf(instance: Instance, number: number): string {
  return `lane:${instance.id}:${number}`;
}

/** A domain that was adopted stays as it is until somebody asks for more. */
function notAskedFor({ name, domainName }: Instance): Fault {
  return new Fault('unavailable', 'LANE_UNAVAILABLE', `The domain of ${name} was adopted and has no lane`, {
    hint: `novalet adopt ${domainName} --add-channel gives it one; without it the agent alone does what it can.`,
  });
}

function unavailable(instance: Instance, cause: unknown): Fault {
  return new Fault('unavailable', 'LANE_UNAVAILABLE', `No lane could be plugged into ${instance.name}`, {
    cause,
    hint: `Calls take the slower road over the agent alone. Other processes may hold all ports: novalet guest ${instance.name} doctor`,
  });
}
