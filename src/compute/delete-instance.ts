// Deleting: in any state, again and again until it is gone.
import { isFault } from '../base/index.ts';
import type { ActOptions, Deleted } from './compute.ts';
import { filesLeftBy } from './delete-adopted.ts';
import { recordFailure } from './failure-record.ts';
import { holdInstance } from './holding.ts';
import { takeBack } from './take-back.ts';
import type { Tools } from './tools.ts';

/** A failure in the middle leaves the instance listed, in error, with the reason; deleting it again goes on. */
export async function deleteInstance(tools: Tools, ref: string, options: ActOptions): Promise<Deleted> {
  using held = await holdInstance(tools, ref, 'delete', { state: 'deleting', ...options });
  const { instance } = held;
  await (await tools.agents.made())?.forget(instance.id);
  try {
    await takeBack(tools, instance, options);
  } catch (error) {
    if (isFault(error, 'DOMAIN_KEEPS_STATE'))
      tools.store.instances.change(instance.id, (current) => ({ ...current, vmState: 'stopped' }));
    else recordFailure(tools, instance.id, error);
    throw error;
  }
  return { leftFiles: filesLeftBy(instance) };
}
