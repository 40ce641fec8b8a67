// What instances hold of their host, and whether one more fits. Pure. Rules: Nova's inventory and allocations of the
// classes VCPU, MEMORY_MB and DISK_GB (nova/virt/libvirt/driver.py, update_provider_tree): a resource has room for
// (total - reserved) x ratio, and an instance holds what it was given until it is deleted, running or not.
import { Fault, formatBytes, MIB } from '../../base/index.ts';
import type { Instance } from '../../model/index.ts';

export const RESOURCES = ['vcpus', 'memoryMiB', 'diskBytes'] as const;
export type Resource = (typeof RESOURCES)[number];

/** Of each resource, how much. */
export type Claim = Readonly<Record<Resource, number>>;

export interface Inventory {
  /** What the host has. */
  readonly total: number;
  /** What is kept for the host itself. */
  readonly reserved: number;
  /** How many times over the rest may be given out. */
  readonly ratio: number;
}

export type Inventories = Readonly<Record<Resource, Inventory>>;

export interface ResourceUse extends Inventory {
  /** What instances may hold in all. */
  readonly capacity: number;
  readonly held: number;
  /** Below zero where the host has shrunk, or the ratio. */
  readonly free: number;
}

export type Capacity = Readonly<Record<Resource, ResourceUse>>;

type Claimant = Pick<
  Instance,
  'id' | 'name' | 'vmState' | 'taskState' | 'flavor' | 'numa' | 'disks' | 'resize' | 'rescue'
>;

/** Whether it is shelved, and so holds no processors and no memory; one that comes back just now holds them again. */
export function isAway({ vmState, taskState }: Pick<Instance, 'vmState' | 'taskState'>): boolean {
  return (vmState === 'shelved' || vmState === 'shelved_offloaded') && taskState !== 'unshelving';
}

/** What one instance holds. A shelved one keeps its disks until it is offloaded; a rescued one has those of its rescue besides. */
export function claimOf(instance: Claimant): Claim {
  const { vmState, flavor, numa, disks, resize, rescue } = instance;
  const isOffloaded = vmState === 'shelved_offloaded' && isAway(instance);
  const own = new Set(disks.map(({ fileName }) => fileName));
  const rescuing = (rescue?.disks ?? []).filter(({ fileName }) => !own.has(fileName));
  const diskBytes = isOffloaded ? 0 : bytesOf([...disks, ...rescuing, ...(resize?.disks ?? [])]);
  if (isAway(instance)) return { vcpus: 0, memoryMiB: 0, diskBytes };
  // Those that are pinned are claimed as host CPUs: numa/fit-host.ts.
  const pinned = numa?.cells.reduce((sum, { pins }) => sum + pins.length, 0) ?? 0;
  return {
    vcpus: Math.max(flavor.vcpus, resize?.flavor.vcpus ?? 0) - pinned,
    memoryMiB: Math.max(flavor.memoryMiB, resize?.flavor.memoryMiB ?? 0),
    diskBytes,
  };
}

/** Of each resource, what there is and what is left beside all `instances`. */
export function capacityBeside(inventories: Inventories, instances: readonly Claimant[]): Capacity {
  const claims = instances.map(claimOf);
  const use = (resource: Resource): ResourceUse => {
    const inventory = inventories[resource];
    const capacity = Math.floor((inventory.total - inventory.reserved) * inventory.ratio);
    const held = claims.reduce((sum, claim) => sum + claim[resource], 0);
    return { ...inventory, capacity, held, free: capacity - held };
  };
  return { vcpus: use('vcpus'), memoryMiB: use('memoryMiB'), diskBytes: use('diskBytes') };
}

/**
 * Throws `HOST_FULL`, with the arithmetic, where `wanted` does not fit beside `others`. Run in the transaction that writes
 * it, two never take the same room. `before`: what it holds now, where that stays as it is, fitting or not.
 */
export function requireRoom(
  inventories: Inventories,
  others: readonly Claimant[],
  wanted: Claimant,
  before?: Claimant,
): void {
  const capacity = capacityBeside(
    inventories,
    others.filter(({ id }) => id !== wanted.id),
  );
  const needed = claimOf(wanted);
  const had = before === undefined ? undefined : claimOf(before);
  const short = RESOURCES.filter(
    (resource) => needed[resource] > (had?.[resource] ?? 0) && needed[resource] > capacity[resource].free,
  );
  const [first] = short;
  if (first === undefined) return;
  throw new Fault(
    'exhausted',
    'HOST_FULL',
    `Instance ${wanted.name} does not fit on this host. ${short.map((resource) => sumOf(resource, needed, capacity)).join(' ')}`,
    {
      hint: CURES[first],
      details: { resource: first, needed: needed[first], ...capacity[first] },
    },
  );
}

function bytesOf(disks: Instance['disks']): number {
  return disks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** "It needs 4 vCPUs; of (2 - 0 reserved) x 16 = 32, others hold 30, so 2 are free." */
function sumOf(resource: Resource, needed: Claim, capacity: Capacity): string {
  const { total, reserved, ratio, capacity: room, held, free } = capacity[resource];
  const words = WORDS[resource];
  const sum = `(${words(total)} - ${words(reserved)} reserved) x ${ratio} = ${words(room)}`;
  return `It needs ${words(needed[resource])}${NAMES[resource]}; of ${sum} others hold ${words(held)}, so ${words(Math.max(0, free))} ${free === 1 ? 'is' : 'are'} free.`;
}

const NAMES: Readonly<Record<Resource, string>> = {
  vcpus: ' vCPUs',
  memoryMiB: ' of memory',
  diskBytes: ' of disk',
};

const WORDS: Readonly<Record<Resource, (amount: number) => string>> = {
  vcpus: String,
  memoryMiB: (amount) => `${amount} MiB`,
  diskBytes: (amount) => (amount < MIB ? `${amount} bytes` : formatBytes(amount)),
};

const CURES: Readonly<Record<Resource, string>> = {
  vcpus: 'Choose a smaller flavor, delete or shelve what is not needed, or raise cpu_allocation_ratio.',
  memoryMiB: 'Choose a smaller flavor, delete or shelve what is not needed, or raise ram_allocation_ratio.',
  diskBytes:
    'Choose a smaller flavor, delete what is not needed, or raise disk_allocation_ratio: disks grow only as guests write.',
};
