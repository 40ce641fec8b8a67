// Removing what tests made: by its owner when he ends, and by whoever comes next when he did not.
import { isFault } from '../base/index.ts';
import type { Compute } from '../compute/index.ts';
import type { Instance } from '../model/index.ts';
import { isOrphan, type TestOwner } from './owner.ts';

/** In any state, locked too; one that is gone is fine. */
export async function removeGuest(compute: Compute, id: string): Promise<void> {
  try {
    await deleteUnlocked(compute, id);
  } catch (error) {
    if (!isFault(error, 'INSTANCE_NOT_FOUND')) throw error;
  }
}

/** All with this tag. Tries each, then throws the first failure. */
export async function removeTagged(compute: Compute, tag: string): Promise<void> {
  await removeAll(compute, ({ tags }) => tags.includes(tag));
}

/** All that processes left which have ended. Tries each, then throws the first failure. */
export async function removeOrphans(compute: Compute, self: TestOwner): Promise<void> {
  await removeAll(compute, (instance) => isOrphan(instance, self));
}

async function removeAll(compute: Compute, isMeant: (instance: Instance) => boolean): Promise<void> {
  const meant = (await compute.list()).map(({ instance }) => instance).filter(isMeant);
  const results = await Promise.allSettled(meant.map(({ id }) => removeGuest(compute, id)));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

async function deleteUnlocked(compute: Compute, id: string): Promise<void> {
  try {
    await compute.delete(id);
  } catch (error) {
    if (!isFault(error, 'INSTANCE_LOCKED')) throw error;
    await compute.unlock(id);
    await compute.delete(id);
  }
}
