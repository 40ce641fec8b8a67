// What went wrong with an instance, kept with it: it stays listed as an error with its reason, and `delete` tries again.
import { asFault, isFault } from '../base/index.ts';
import type { Tools } from './tools.ts';

/** Does nothing for an instance that is gone meanwhile: all but the last act succeeded. */
export function recordFailure(tools: Tools, id: string, error: unknown, before = ''): void {
  const { code, message } = asFault(error);
  const fault = { code, message: `${before}${message}`, at: new Date().toISOString() };
  try {
    tools.store.instances.change(id, (current) => ({ ...current, vmState: 'error', taskState: null, fault }));
  } catch (failure) {
    if (!isFault(failure, 'INSTANCE_NOT_FOUND')) throw failure;
  }
}
