// When a base of the cache may go: nobody lies over it, and its image is gone.
import type { Tools } from './tools.ts';

/** Removes the image's base unless the image is still listed an instance was made or is rescued from it, or a template lies over it. */
export async function releaseBase(tools: Tools, imageId: string): Promise<void> {
  if (tools.store.images.get(imageId) !== undefined) return;
  if (
    tools.store.instances
      .list()
      .some(({ image, rescue }) => image.id === imageId || rescue?.image.id === imageId)
  )
    return;
  if (tools.store.templates.list().some(({ guest }) => guest?.image.id === imageId)) return;
  const bases = await tools.bases.get();
  await bases.removeBase(imageId);
}
