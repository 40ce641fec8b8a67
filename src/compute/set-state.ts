// The state that an action leads to, written when it is reached.
import type { Instance, VmState } from '../model/index.ts';
import type { Tools } from './tools.ts';

/** Nothing is being done to it any more, and what was wrong with it is over. */
export function setState(tools: Tools, instance: Instance, vmState: VmState): void {
  tools.store.instances.change(instance.id, (current) => ({
    ...current,
    vmState,
    taskState: null,
    fault: null,
  }));
}
