// What has to be done to an image. Pure. What a source without a checksum holds is not looked at.
import type { Image } from '../../model/index.ts';
import { creation, mapDifferences, nothing, type PlannedStep } from './planned-step.ts';
import type { Difference, ImageOrigin, WantedImage } from './requests.ts';

/** Properties that name another image. */
const PARTS = ['kernel_id', 'ramdisk_id'];

/** `images`: all that there are. */
export function compareImage(wanted: WantedImage, images: readonly Image[]): PlannedStep {
  const subject = { kind: 'image', name: wanted.name } as const;
  const found = images.find(({ name }) => name === wanted.name);
  if (found === undefined) {
    const told = { source: originWords(wanted.from), sha256: wanted.sha256 };
    return creation(subject, told, [{ kind: 'add-image', image: wanted }]);
  }
  const { from, sha256 } = wanted;
  if (from.kind === 'source' && !hasContent(found, sha256)) {
    const user = bootedBy(found, images);
    if (user !== undefined)
      return nothing(subject, `image ${user.name} boots it as it is: give the new one another name`);
    return {
      ...nothing(subject),
      action: 'replace',
      cost: 'replace',
      differences: [{ key: 'sha256', from: found.sourceSha256 ?? found.sha256, to: sha256 ?? null }],
      notes: ['fetched anew; an instance that this file does not name keeps its disk'],
      acts: [{ kind: 'replace-image', id: found.id, image: wanted, source: from.source }],
    };
  }
  const properties = wantedProperties(wanted, images);
  const known = Object.keys(properties).filter((key) => Object.hasOwn(found.properties, key));
  const before = Object.fromEntries(known.map((key) => [key, found.properties[key] ?? '']));
  const differences = [
    ...minimum('min_disk', found.minDiskGiB, wanted.minDiskGiB, 'GiB'),
    ...minimum('min_ram', found.minRamMiB, wanted.minRamMiB, 'MiB'),
    ...mapDifferences('properties', before, properties),
  ];
  if (differences.length === 0) return nothing(subject);
  const { minDiskGiB = found.minDiskGiB, minRamMiB = found.minRamMiB } = wanted;
  return {
    ...nothing(subject),
    action: 'change',
    differences,
    notes: ['instances that were made of it keep what they were launched with'],
    acts: [{ kind: 'set-image', id: found.id, changes: { minDiskGiB, minRamMiB, properties } }],
  };
}

/** Which image names it as its kernel or ramdisk. */
export function bootedBy({ id }: Image, images: readonly Image[]): Image | undefined {
  return images.find(({ properties }) => PARTS.some((key) => properties[key] === id));
}

/** What was fetched may have been packed, and then the stored file has another digest. */
function hasContent({ sha256, sourceSha256 }: Image, wanted: string | undefined): boolean {
  return wanted === undefined || wanted === sha256 || wanted === sourceSha256;
}

/** With ids in place of names of images that are there. */
export function wantedProperties(
  { properties = {} }: WantedImage,
  images: readonly Image[],
): Readonly<Record<string, string>> {
  const idOf = (ref: string) => images.find(({ name }) => name === ref)?.id ?? ref;
  return Object.fromEntries(
    Object.entries(properties).map(([key, value]) => [key, PARTS.includes(key) ? idOf(value) : value]),
  );
}

/** Images that are named as kernel or ramdisk before those that name them. */
export function inOrder(images: readonly WantedImage[]): readonly WantedImage[] {
  const named = new Set(images.flatMap(({ properties = {} }) => PARTS.map((key) => properties[key])));
  const isPart = ({ name }: WantedImage) => named.has(name);
  return [...images.filter(isPart), ...images.filter((image) => !isPart(image))];
}

function minimum(key: string, from: number, to: number | undefined, unit: string): readonly Difference[] {
  return to === undefined || to === from ? [] : [{ key, from: `${from} ${unit}`, to: `${to} ${unit}` }];
}

function originWords(origin: ImageOrigin): string {
  switch (origin.kind) {
    case 'source':
      return origin.source;
    case 'catalogue':
      return `${origin.name} of the catalogue`;
    default:
      return origin satisfies never;
  }
}
