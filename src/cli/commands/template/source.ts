// What a template is made of: one word that names an image or an instance.
import { Fault, isFault } from '../../../base/index.ts';
import type { Compute } from '../../../compute/index.ts';

export type TemplateSource = { readonly image: string } | { readonly instance: string };

interface Named {
  readonly id: string;
  readonly name: string;
}

/**
 * Whole names and ids go before beginnings of ids, and images before instances. Throws `TEMPLATE_SOURCE_NOT_FOUND`,
 * `TEMPLATE_SOURCE_AMBIGUOUS`, and the faults of beginnings that fit more than one.
 */
export async function templateSource(
  compute: Pick<Compute, 'show'> & { readonly images: Pick<Compute['images'], 'show'> },
  ref: string,
): Promise<TemplateSource> {
  const image = await unlessMissing(() => compute.images.show(ref), 'IMAGE_NOT_FOUND');
  if (image !== undefined && isWhole(image, ref)) return { image: image.id };
  const instance = (await unlessMissing(() => compute.show(ref), 'INSTANCE_NOT_FOUND'))?.instance;
  if (instance !== undefined && (image === undefined || isWhole(instance, ref)))
    return { instance: instance.id };
  if (image !== undefined && instance !== undefined) throw ambiguous(ref, image, instance);
  if (image !== undefined) return { image: image.id };
  throw notFound(ref);
}

function isWhole({ id, name }: Named, ref: string): boolean {
  return name === ref || id === ref.toLowerCase();
}

async function unlessMissing<T>(find: () => Promise<T>, code: string): Promise<T | undefined> {
  try {
    return await find();
  } catch (error) {
    if (isFault(error, code)) return undefined;
    throw error;
  }
}

function ambiguous(ref: string, image: Named, instance: Named): Fault {
  return new Fault(
    'invalid',
    'TEMPLATE_SOURCE_AMBIGUOUS',
    `"${ref}" begins the ids of image ${image.name} and of instance ${instance.name}`,
    { hint: 'Give the name, or more of the id.', details: { source: ref } },
  );
}

function notFound(ref: string): Fault {
  return new Fault(
    'not-found',
    'TEMPLATE_SOURCE_NOT_FOUND',
    `There is neither an image nor an instance "${ref}"`,
    { hint: 'novalet image list and novalet list show those that there are.', details: { source: ref } },
  );
}
