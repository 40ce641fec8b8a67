// Deleting: in any state, again and again until it is gone.
import { asFault, isFault } from '../base/index.ts';
import { holdInstance } from './holding.ts';
import { takeBack } from './take-back.ts';
import type { Tools } from './tools.ts';

/** A failure in the middle leaves the instance listed, in error, with the reason; deleting it again goes on. */
export async function deleteInstance(
  tools: Tools,
  ref: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  using held = await holdInstance(tools, ref, 'delete', { state: 'deleting', signal });
  const { instance } = held;
  await (await tools.agents.made())?.forget(instance.id);
  try {
    await takeBack(tools, instance);
  } catch (error) {
    const { code, message } = asFault(error);
    recordFailure(tools, instance.id, { code, message });
    throw error;
  }
}

function recordFailure(
  tools: Tools,
  id: string,
  fault: { readonly code: string; readonly message: string },
): void {
  try {
    const at = new Date().toISOString();
    tools.store.instances.change(id, (current) => ({
      ...current,
      vmState: 'error',
      fault: { ...fault, at },
    }));
  } catch (error) {
    if (!isFault(error, 'INSTANCE_NOT_FOUND')) throw error; // all but the last act succeeded
  }
}
