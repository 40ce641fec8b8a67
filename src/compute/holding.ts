// Holding an instance (or another thing) while something is done to it: the lease between processes, with the repair of
// what a dead owner left.
import { Fault, isFault } from '../base/index.ts';
import { type Action, type Instance, mayBegin, type TaskState, type VmState } from '../model/index.ts';
import type { HeldLease, WaitForLease } from '../store/index.ts';
import { powerStateOf } from './power-state.ts';
import { observedState } from './reconcile.ts';
import { recover } from './recover.ts';
import type { Tools } from './tools.ts';

/** How long an action waits for another one on the same instance before it gives up with `LEASE_TIMEOUT`. */
const TURN_TIMEOUT_MS = 30_000;

/** Takes a lease, repairing first what a dead owner left under it. */
export async function holdLease(
  tools: Tools,
  key: string,
  what: string,
  wait: WaitForLease,
): Promise<HeldLease> {
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
 * written. Disposal clears the task state and gives the lease back. Throws `INSTANCE_STATE_CONFLICT`.
 */
export async function holdInstance(
  tools: Tools,
  ref: string,
  action: Action,
  task: { readonly state: TaskState; readonly signal?: AbortSignal | undefined },
): Promise<Held> {
  const { id } = tools.store.instances.find(ref);
  const lease = await holdLease(tools, `instance:${id}`, action, {
    timeoutMs: TURN_TIMEOUT_MS,
    signal: task.signal,
  });
  try {
    const found = tools.store.instances.find(id); // it may have changed, or gone, while we waited
    const power = await powerStateOf(await tools.libvirt.findDomain(found));
    const vmState = observedState(found, power);
    requireState(found, action, vmState);
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

function release(tools: Tools, id: string, lease: HeldLease): void {
  try {
    if (tools.store.instances.get(id) !== undefined) {
      tools.store.instances.change(id, (current) => ({ ...current, taskState: null }));
    }
  } finally {
    lease.release();
  }
}

/** Throws `INSTANCE_STATE_CONFLICT` when `action` may not begin in `state`. */
export function requireState(instance: Instance, action: Action, state: VmState): void {
  if (mayBegin(action, state)) return;
  throw new Fault(
    'conflict',
    'INSTANCE_STATE_CONFLICT',
    `${WORDS[action].replace('NAME', instance.name)} while it is ${ADJECTIVES[state]}`,
    {
      hint: cureOf(action, state).replaceAll('NAME', instance.name),
      details: { state, action },
    },
  );
}

/** Where what is asked for can be had another way, that is better than another state. */
function cureOf(action: Action, state: VmState): string {
  if (action !== 'change-disk' || state !== 'active') return CURES[state];
  return 'Leave out --offline to have its agent do it, or stop it first: novalet stop NAME';
}

/** NAME stands for the instance's, here and below. */
const WORDS: Readonly<Record<Action, string>> = {
  start: 'Cannot start instance NAME',
  stop: 'Cannot stop instance NAME',
  reboot: 'Cannot reboot instance NAME',
  'reboot-hard': 'Cannot reboot instance NAME',
  delete: 'Cannot delete instance NAME',
  exec: 'Cannot reach into instance NAME',
  'set-password': 'The agent of instance NAME cannot be asked',
  'change-disk': 'The disk of instance NAME cannot be changed offline',
};

const ADJECTIVES: Readonly<Record<VmState, string>> = {
  building: 'being built',
  active: 'running',
  stopped: 'stopped',
  error: 'in error',
  deleted: 'deleted',
};

const CURES: Readonly<Record<VmState, string>> = {
  building: 'Wait until it is built: novalet wait NAME ACTIVE',
  active: 'Stop it first: novalet stop NAME',
  stopped: 'Start it first: novalet start NAME',
  error: 'See why with novalet show NAME; novalet delete NAME removes it.',
  deleted: 'It is gone.',
};
