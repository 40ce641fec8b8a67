// Doing something to a running guest's disks at one moment, with its filesystems frozen around it where that can be had.
// Whether they were is proved by the thaw: it counts those that were still frozen.
import { asFault, Fault, isFault } from '../../base/index.ts';
import { freeze, thaw } from '../../guest/index.ts';
import type { Instance } from '../../model/index.ts';
import { powerStateOf } from '../power-state.ts';
import type { Tools } from '../tools.ts';
import type { Consistency, Quiesce } from './requests.ts';

export interface MomentWish {
  readonly quiesce: Quiesce;
  /** After so long the guest thaws by itself, whatever became of us. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly tell: (step: 'freeze' | 'thaw', phase: 'begin' | 'end') => void;
}

export interface Moment<T> {
  readonly result: T;
  readonly consistency: Exclude<Consistency, 'off'>;
  readonly why: string | null;
}

export const FREEZE_DEADLINE_MS = 60_000;
/** Of the deadline: what freezing itself may take. */
const FREEZE_SHARE = 0.5;

/** Throws what froze not, or `QUIESCE_LOST`, where it is required; then `act` is undone by whoever called. */
export async function atOneMoment<T>(
  tools: Tools,
  instance: Instance,
  wish: MomentWish,
  act: () => Promise<T>,
): Promise<Moment<T>> {
  const frozen = await frozenFor(tools, instance, wish);
  if (typeof frozen !== 'number') return { result: await act(), consistency: 'crash', why: frozen };
  let result: T;
  let thawed: number;
  try {
    result = await act();
  } finally {
    wish.tell('thaw', 'begin');
    thawed = await thawNow(tools, instance); // also for somebody who has cancelled
    wish.tell('thaw', 'end');
  }
  if (thawed >= frozen) return { result, consistency: 'filesystem', why: null };
  if (wish.quiesce === 'require') throw quiesceLost(instance, wish.deadlineMs);
  return { result, consistency: 'crash', why: 'the guest had thawed by itself before the copy began' };
}

/** How many filesystems are frozen, or why none is. */
async function frozenFor(
  tools: Tools,
  instance: Instance,
  wish: MomentWish,
): Promise<number | string | null> {
  const { quiesce, deadlineMs, signal } = wish;
  if (quiesce === 'never') return null;
  const agents = await tools.agents.get();
  try {
    if (quiesce === 'try') {
      if ((await powerStateOf(await tools.libvirt.findDomain(instance))) !== 'RUNNING') return 'it is paused';
      if ((await agents.channelState(instance)) !== 'connected') return 'its agent is not connected';
    }
    wish.tell('freeze', 'begin');
    const reach = { privilege: 'manage', what: 'freeze' } as const;
    const limits = { deadlineMs, timeoutMs: deadlineMs * FREEZE_SHARE, signal };
    const { filesystems } = await tools.reaches.made(instance, reach, () =>
      agents.use(instance, (agent) => freeze(agent, limits)),
    );
    wish.tell('freeze', 'end');
    return filesystems;
  } catch (error) {
    if (quiesce === 'require' || !isFault(error) || error.kind === 'cancelled' || signal?.aborted)
      throw error;
    tools.log.info({ err: error, instance: instance.id }, 'the filesystems could not be frozen');
    return error.message;
  }
}

/** How many were still frozen; 0 where the guest could not be asked, since then it thaws by itself. */
async function thawNow(tools: Tools, instance: Instance): Promise<number> {
  const agents = await tools.agents.get();
  const reach = { privilege: 'manage', what: 'thaw' } as const;
  try {
    const { filesystems } = await tools.reaches.made(instance, reach, () =>
      agents.use(instance, (agent) => thaw(agent)),
    );
    return filesystems;
  } catch (error) {
    tools.log.warn({ err: asFault(error), instance: instance.id }, 'the guest could not be asked to thaw');
    return 0;
  }
}

function quiesceLost({ name }: Instance, deadlineMs: number): Fault {
  return new Fault(
    'timeout',
    'QUIESCE_LOST',
    `The guest of ${name} thawed by itself, after ${deadlineMs / 1000} s, before its disks were marked`,
    { hint: 'Give it more time, try when the host is less busy, or do without: --no-quiesce' },
  );
}
