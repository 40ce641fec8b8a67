// The guest's processors and memory blocks: which are online, and what they did.
import type { AgentCaller, CallOptions } from '../caller.ts';

export interface GuestVcpu {
  readonly id: number;
  readonly online: boolean;
  /** False for the one that cannot be switched off; agents may leave it unsaid. */
  readonly canOffline?: boolean;
}

export interface MemoryBlock {
  readonly index: number;
  readonly online: boolean;
  readonly canOffline?: boolean;
}

/** Times since boot, in milliseconds. */
export interface CpuTimes {
  readonly cpu: number;
  readonly user: number;
  readonly nice: number;
  readonly system: number;
  readonly idle: number;
  readonly iowait?: number;
  readonly irq?: number;
  readonly softirq?: number;
  readonly steal?: number;
  readonly guest?: number;
  readonly guestnice?: number;
}

const MOST_VCPUS = 16_384;
/** 32 TiB in blocks of 128 MiB. */
const MOST_BLOCKS = 262_144;
const BLOCKS_REPLY_BYTES = 16 * 1024 * 1024;

/** guest-get-vcpus, by number. */
export async function readVcpus(agent: AgentCaller, options: CallOptions = {}): Promise<GuestVcpu[]> {
  const reply = await agent.call('guest-get-vcpus', undefined, { readOnly: true, ...options });
  const vcpus = reply.list(MOST_VCPUS).map((entry) => {
    const canOffline = entry.member('can-offline').optional((place) => place.boolean());
    return {
      id: entry.member('logical-id').integer(0, 2 ** 31),
      online: entry.member('online').boolean(),
      ...(canOffline === undefined ? {} : { canOffline }),
    };
  });
  return vcpus.sort((one, other) => one.id - other.id);
}

/** guest-get-memory-blocks, by number. */
export async function readMemoryBlocks(
  agent: AgentCaller,
  options: CallOptions = {},
): Promise<MemoryBlock[]> {
  const reply = await agent.call('guest-get-memory-blocks', undefined, {
    readOnly: true,
    maxReplyBytes: BLOCKS_REPLY_BYTES,
    ...options,
  });
  const blocks = reply.list(MOST_BLOCKS).map((entry) => {
    const canOffline = entry.member('can-offline').optional((place) => place.boolean());
    return {
      index: entry.member('phys-index').integer(0, Number.MAX_SAFE_INTEGER),
      online: entry.member('online').boolean(),
      ...(canOffline === undefined ? {} : { canOffline }),
    };
  });
  return blocks.sort((one, other) => one.index - other.index);
}

/** guest-get-memory-block-info: the size of each block in bytes. */
export async function readMemoryBlockSize(agent: AgentCaller, options: CallOptions = {}): Promise<number> {
  const reply = await agent.call('guest-get-memory-block-info', undefined, { readOnly: true, ...options });
  return reply.member('size').integer(1, Number.MAX_SAFE_INTEGER);
}

/** guest-get-cpustats (Linux; agents from 7.1). */
export async function readCpuTimes(agent: AgentCaller, options: CallOptions = {}): Promise<CpuTimes[]> {
  const reply = await agent.call('guest-get-cpustats', undefined, { readOnly: true, ...options });
  return reply.list(MOST_VCPUS).map((entry) => {
    const more: [string, number][] = [];
    for (const key of ['iowait', 'irq', 'softirq', 'steal', 'guest', 'guestnice']) {
      const value = entry.member(key).optional((place) => place.counter());
      if (value !== undefined) more.push([key, value]);
    }
    return {
      cpu: entry.member('cpu').integer(0, 2 ** 31),
      user: entry.member('user').counter(),
      nice: entry.member('nice').counter(),
      system: entry.member('system').counter(),
      idle: entry.member('idle').counter(),
      ...Object.fromEntries(more),
    };
  });
}
