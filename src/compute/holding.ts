// Holding an instance (or another thing) while something is done to it: the lease between processes, with the repair of
// what a dead owner left.
import { isFault } from '../base/index.ts';
import type { Action, Instance, TaskState } from '../model/index.ts';
import type { HeldLease, LeaseRecord, WaitForLease } from '../store/index.ts';
import type { ActOptions } from './compute.ts';
import { powerStateOf } from './power-state.ts';
import { observedState } from './reconcile.ts';
import { recover } from './recover.ts';
import { requireState, requireUnlocked } from './state-conflict.ts';
import type { Tools } from './tools.ts';

/** How long an action waits for another one on the same instance before it gives up with `LEASE_TIMEOUT`. */
const TURN_TIMEOUT_MS = 30_000;

/** Takes a lease, repairing first what a dead owner left under it. */
export async function holdLease(
  tools: Tools,
  key: string,
  what: string,
  { onProgress, ...wait }: WaitForLease & Pick<ActOptions, 'onProgress'>,
): Promise<HeldLease> {
  const turn = { step: 'wait-for-turn', what: '' };
  const onWait = ({ what: other, owner }: LeaseRecord) => {
    turn.what = `waiting for process ${owner.pid}, which is at ${other}`;
    onProgress?.({ ...turn, phase: 'begin' });
  };
  const lease = await takeLease(tools, key, what, { ...wait, onWait });
  if (turn.what !== '') onProgress?.({ ...turn, phase: 'end' });
  return lease;
}

async function takeLease(tools: Tools, key: string, what: string, wait: WaitForLease): Promise<HeldLease> {
  try {
    return await tools.store.leases.acquireWaiting(key, what, wait);
  } catch (error) {
    if (!isFault(error, 'LEASE_ABANDONED')) throw error;
    if (key.startsWith('instance:')) await tools.libvirt.control(); // without it nothing is repaired; its fault says why
    await recover(tools);
    return await tools.store.leases.acquireWaiting(key, what, wait);
  }
}

export interface Held extends Disposable {
  /** As it was when the lease was taken, with the state it is really in. */
  readonly instance: Instance;
}

/**
 * Takes the instance for `action`: its lease, its observed state checked against the table of transitions, its task state
 * written. Disposal clears the task state and gives the lease back. Throws `INSTANCE_STATE_CONFLICT` and `INSTANCE_LOCKED`.
 */
export async function holdInstance(
  tools: Tools,
  ref: string,
  action: Action,
  task: { readonly state: TaskState } & ActOptions,
): Promise<Held> {
  const { id } = tools.store.instances.find(ref);
  const lease = await holdLease(tools, `instance:${id}`, action, {
    timeoutMs: TURN_TIMEOUT_MS,
    signal: task.signal,
    ...(task.onProgress === undefined ? {} : { onProgress: task.onProgress }),
  });
  try {
    const found = tools.store.instances.find(id); // it may have changed, or gone, while we waited
    const power = await powerStateOf(await tools.libvirt.findDomain(found));
    const vmState = observedState(found, power);
    requireState(found, action, vmState);
    requireUnlocked(found, action);
    const instance = tools.store.instances.change(id, (current) => ({
      ...current,
      vmState,
      taskState: task.state,
    }));
    return { instance, [Symbol.dispose]: () => release(tools, id, lease) };
  } catch (error) {
    lease.release();
    throw error;
  }
}

/** In one commit where all goes well; the lease is given back in any case. */
function release({ store }: Tools, id: string, lease: HeldLease): void {
  try {
    store.transaction(() => {
      const current = store.instances.get(id);
      if (current !== undefined && current.taskState !== null)
        store.instances.update({ ...current, taskState: null });
      lease.release();
    });
  } catch (error) {
    lease.release();
    throw error;
  }
}
