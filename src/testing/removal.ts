// Removing what tests made: by its owner when he ends, and by whoever comes next when he did not.
import { isFault } from '../base/index.ts';
import type { Compute } from '../compute/index.ts';
import type { Instance, Template } from '../model/index.ts';
import { hasEnded } from '../store/index.ts';
import { isOrphan, ownTemplateName, readTemplateOwner, type TestOwner } from './owner.ts';

/** In any state, locked too; one that is gone is fine. */
export async function removeGuest(compute: Compute, id: string): Promise<void> {
  try {
    await deleteUnlocked(compute, id);
  } catch (error) {
    if (!isFault(error, 'INSTANCE_NOT_FOUND')) throw error;
  }
}

/** All with this tag, and the template of its name. Tries each, then throws the first failure. */
export async function removeTagged(compute: Compute, tag: string): Promise<void> {
  const name = ownTemplateName(tag);
  await removeAll(compute, {
    instances: ({ tags }) => tags.includes(tag),
    templates: (template) => template.name === name,
  });
}

/** All that processes left which have ended. Tries each, then throws the first failure. */
export async function removeOrphans(compute: Compute, self: TestOwner): Promise<void> {
  await removeAll(compute, {
    instances: (instance) => isOrphan(instance, self),
    templates: ({ name }) => {
      const owner = readTemplateOwner(name);
      return owner !== undefined && hasEnded(owner, self);
    },
  });
}

/** A guest that was kept for a person keeps its template, until somebody comes after the guest is gone. */
export async function removeTemplate(compute: Compute, name: string): Promise<void> {
  try {
    await compute.templates.remove(name);
  } catch (error) {
    if (!isFault(error, 'TEMPLATE_NOT_FOUND', 'TEMPLATE_IN_USE')) throw error;
  }
}

interface Meant {
  readonly instances: (instance: Instance) => boolean;
  readonly templates: (template: Template) => boolean;
}

/** Templates after what lies over them. */
async function removeAll(compute: Compute, meant: Meant): Promise<void> {
  const guests = (await compute.list()).map(({ instance }) => instance).filter(meant.instances);
  const removed = await Promise.allSettled(guests.map(({ id }) => removeGuest(compute, id)));
  const templates = (await compute.templates.list()).map(({ template }) => template).filter(meant.templates);
  const results = [
    ...removed,
    ...(await Promise.allSettled(templates.map(({ id }) => removeTemplate(compute, id)))),
  ];
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
