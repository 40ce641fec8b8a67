// An image with the kernel and the ramdisk that it names, looked up.
import type { Image } from '../model/index.ts';
import type { FileSources } from './file-steps.ts';
import type { Tools } from './tools.ts';

/** Throws `IMAGE_NOT_FOUND` and `IMAGE_AMBIGUOUS`. */
export function sourcesOf({ store }: Pick<Tools, 'store'>, ref: string): FileSources {
  const image = store.images.get(ref) ?? store.images.find(ref);
  const part = (key: string): Image | null => {
    const named = image.properties[key];
    return named === undefined ? null : store.images.find(named);
  };
  return { image, kernel: part('kernel_id'), ramdisk: part('ramdisk_id') };
}
