// What this host has to give, by the operator's ratios and reserves.
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoCode, MIB } from '../../base/index.ts';
import type { Tools } from '../tools.ts';
import { type Capacity, capacityBeside, type Inventories } from './claim.ts';

/** The disk is the filesystem of the state directory as a whole, as Nova takes that of its instances_path. */
export async function readInventories(tools: Tools): Promise<Inventories> {
  const { claims, cpuSharedSet } = tools.settings;
  const [{ cpus, memoryMiB }, disk] = await Promise.all([
    tools.host.facts(),
    filesystemBytes(tools.paths.instances),
  ]);
  const shared = cpus.filter((cpu) => cpuSharedSet?.includes(cpu) ?? true); // without a set they run on any
  return {
    vcpus: { total: shared.length, reserved: claims.reservedHostCpus, ratio: claims.cpuAllocationRatio },
    memoryMiB: {
      total: memoryMiB,
      reserved: Math.min(memoryMiB, claims.reservedHostMemoryMiB),
      ratio: claims.ramAllocationRatio,
    },
    diskBytes: {
      total: disk,
      reserved: claims.reservedHostDiskMiB * MIB,
      ratio: claims.diskAllocationRatio,
    },
  };
}

export async function readCapacity(tools: Tools): Promise<Capacity> {
  return capacityBeside(await readInventories(tools), tools.store.instances.list());
}

/** Of the filesystem that `directory` is on, or will be when it is made: a plan may be asked for before anything is there. */
async function filesystemBytes(directory: string): Promise<number> {
  try {
    const { blocks, bsize } = await statfs(directory);
    return blocks * bsize;
  } catch (error) {
    const above = dirname(directory);
    if (errnoCode(error) !== 'ENOENT' || above === directory) throw error;
    return await filesystemBytes(above);
  }
}
