// One value of what flavor and image may both set. Rules: nova/virt/hardware.py, _get_unique_flavor_image_meta.
import { Fault } from '../base/index.ts';

/** Two words or numbers that differ are a conflict. Throws `FLAVOR_IMAGE_CONFLICT`, which names both keys. */
export function agreed<T extends string | number | boolean>(
  key: string,
  ofFlavor: T | undefined,
  ofImage: T | undefined,
): T | undefined {
  if (ofFlavor === undefined || ofImage === undefined || ofFlavor === ofImage) return ofFlavor ?? ofImage;
  throw new Fault(
    'invalid',
    'FLAVOR_IMAGE_CONFLICT',
    `The flavor's ${key} is ${ofFlavor} and the image's ${key.replace(':', '_')} is ${ofImage}`,
    { hint: 'Set both alike, or take one away.', details: { key } },
  );
}
