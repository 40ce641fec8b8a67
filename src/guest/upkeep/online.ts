// Bringing hot-plugged processors and memory online, which Linux guests do not always do by themselves.
import { Fault } from '../../base/index.ts';
import type { AgentCaller, CallOptions } from '../caller.ts';
import { readMemoryBlocks, readVcpus } from '../facts/processor.ts';

export interface Onlined {
  /** Numbers of those that were offline and are online now. */
  readonly onlined: readonly number[];
  /** How many are online now. */
  readonly online: number;
}

/** guest-set-vcpus for every processor that is offline. Throws `GUEST_VCPU_OFFLINE` when one stays so. */
export async function onlineVcpus(agent: AgentCaller, options: CallOptions = {}): Promise<Onlined> {
  const offline = (await readVcpus(agent, options)).filter(({ online }) => !online).map(({ id }) => id);
  // The agent does as many as it can in order, and tells how many; the first one of a call is done or refused.
  for (let done = 0; done < offline.length; ) {
    const vcpus = offline.slice(done).map((id) => ({ 'logical-id': id, online: true }));
    const reply = await agent.call('guest-set-vcpus', { vcpus }, options);
    done += reply.integer(1, vcpus.length);
  }
  const now = await readVcpus(agent, options);
  const still = now.filter(({ online }) => !online).map(({ id }) => id);
  if (still.length > 0) throw stillOffline('processor', still);
  return { onlined: offline, online: now.length };
}

/** guest-set-memory-blocks for every block that is offline. Throws `GUEST_MEMORY_OFFLINE` when one stays so. */
export async function onlineMemory(agent: AgentCaller, options: CallOptions = {}): Promise<Onlined> {
  const blocks = await readMemoryBlocks(agent, options);
  const offline = blocks.filter(({ online }) => !online).map(({ index }) => index);
  if (offline.length > 0) {
    const wanted = offline.map((index) => ({ 'phys-index': index, online: true }));
    await agent.call('guest-set-memory-blocks', { 'mem-blks': wanted }, options);
  }
  const now = await readMemoryBlocks(agent, options);
  const still = now.filter(({ online }) => !online).map(({ index }) => index);
  if (still.length > 0) throw stillOffline('memory block', still);
  return { onlined: offline, online: now.length };
}

function stillOffline(what: 'processor' | 'memory block', numbers: readonly number[]): Fault {
  const message = `The guest left ${numbers.length} of its ${what}s offline, the first is ${numbers[0]}`;
  const hint = "The guest's kernel log says why: novalet exec NAME -- dmesg";
  return what === 'processor'
    ? new Fault('refused', 'GUEST_VCPU_OFFLINE', message, { hint })
    : new Fault('refused', 'GUEST_MEMORY_OFFLINE', message, { hint });
}
