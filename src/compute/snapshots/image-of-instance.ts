// What an image says that was made of an instance. Pure. Keys are Nova's (nova/compute/utils.py, create_image and what
// feeds it; virt/libvirt/driver.py, _create_snapshot_metadata).
import { GIB } from '../../base/index.ts';
import type { Image, Instance } from '../../model/index.ts';
import type { Consistency } from './requests.ts';

/** Of the instance's image: about that file alone, or about who made it. */
const NOT_INHERITED = /^(img_signature|cinder_encryption_key|image_type$|backup_type$|novalet_consistency$)/;

export interface OriginOfImage {
  readonly consistency: Consistency;
  /** Of a rotated backup: `daily` … */
  readonly backupType?: string | undefined;
  readonly properties?: Readonly<Record<string, string>> | undefined;
}

/** Hardware as the instance's image wished for it, so that a launch makes a like guest; then where it comes from. */
export function originProperties(instance: Instance, origin: OriginOfImage): Record<string, string> {
  const inherited = Object.entries(instance.image.properties).filter(([key]) => !NOT_INHERITED.test(key));
  return {
    ...Object.fromEntries(inherited),
    image_type: origin.backupType === undefined ? 'snapshot' : 'backup',
    ...(origin.backupType === undefined ? {} : { backup_type: origin.backupType }),
    instance_uuid: instance.id,
    ...(instance.image.id === '' ? {} : { base_image_ref: instance.image.id }),
    novalet_consistency: origin.consistency,
    ...origin.properties,
  };
}

/** Smallest root disk, in whole GiB, and smallest memory for the image: the disk as it is, and what its own image asked for. */
export function minimaOf(
  rootBytes: number,
  base: Image | undefined,
): Pick<Image, 'minDiskGiB' | 'minRamMiB'> {
  return { minDiskGiB: Math.ceil(rootBytes / GIB), minRamMiB: base?.minRamMiB ?? 0 };
}

/** `web-1-20260102T030405Z`; of a rotated one `web-1-daily-20260102T030405Z`. */
export function imageNameOf(instance: Pick<Instance, 'name'>, now: Date, type?: string): string {
  const time = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
  return `${instance.name}-${type === undefined ? '' : `${type}-`}${time}Z`;
}

/** The older ones of the same instance and type beyond the `keep` newest, oldest first. */
export function beyondRotation(
  images: readonly Image[],
  instanceId: string,
  rotation: { readonly type: string; readonly keep: number },
): readonly Image[] {
  return images
    .filter(
      ({ properties }) =>
        properties['image_type'] === 'backup' &&
        properties['backup_type'] === rotation.type &&
        properties['instance_uuid'] === instanceId,
    )
    .toSorted((one, other) => (one.createdAt < other.createdAt ? -1 : 1))
    .slice(0, -rotation.keep);
}
