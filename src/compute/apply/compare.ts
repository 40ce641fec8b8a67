// What has to be done so that there is what a file describes: images and flavors first, then the instances that need them. Pure.
import type { Flavor, Image } from '../../model/index.ts';
import { compareFlavor } from './compare-flavor.ts';
import { compareImage, inOrder } from './compare-image.ts';
import { compareInstance, findImage } from './compare-instance.ts';
import { nothing, type PlannedStep } from './planned-step.ts';
import type { Present } from './present.ts';
import type { Manifest, RemovalOptions } from './requests.ts';

/** Throws what is wrong with a flavor, and what a launch throws of keys, metadata, tags, user data and wishes. */
export function compareManifest(manifest: Manifest, present: Present): readonly PlannedStep[] {
  const images = inOrder(manifest.images).map((wanted) => compareImage(wanted, present.images));
  const flavors = manifest.flavors.map((wanted) =>
    compareFlavor(
      wanted,
      present.flavors.find(({ name }) => name === wanted.name),
    ),
  );
  const coming = images.filter(({ action }) => action === 'create' || action === 'replace');
  const around = {
    present,
    flavors: [...manifest.flavors, ...present.flavors],
    comingImages: new Set(coming.map(({ name }) => name)),
  };
  return [...images, ...flavors, ...manifest.instances.map((wanted) => compareInstance(wanted, around))];
}

/** In the order in which nothing is removed that something else still needs. */
export function compareRemoval(
  { instances, flavors, images }: Manifest,
  present: Present,
  { all = false }: RemovalOptions,
): readonly PlannedStep[] {
  const going = new Set(instances.map(({ name }) => name));
  const staying = present.instances.map(({ instance }) => instance).filter(({ name }) => !going.has(name));
  const removals = instances.map(({ name }) => instanceRemoval(name, present));
  if (!all) return removals;
  const userOf = (image: Image) => staying.find((one) => one.image.id === image.id)?.name;
  return [
    ...removals,
    ...flavors.map((flavor) =>
      flavorRemoval(flavor, present, staying.find((one) => one.flavor.name === flavor.name)?.name),
    ),
    ...inOrder(images)
      .toReversed()
      .map(({ name }) => imageRemoval(name, findImage(present.images, name), userOf)),
  ];
}

function instanceRemoval(name: string, { instances }: Present): PlannedStep {
  const subject = { kind: 'instance', name } as const;
  const found = instances.find(({ instance }) => instance.name === name)?.instance;
  if (found === undefined) return nothing(subject);
  if (found.adoption !== null)
    return nothing(subject, `an instance of that name was adopted: novalet release ${name} lets it go`);
  if (found.lock !== null) return nothing(subject, `it is locked: novalet unlock ${name}`);
  return { ...nothing(subject), action: 'remove', cost: 'replace', acts: [{ kind: 'delete', id: found.id }] };
}

function flavorRemoval({ name }: Flavor, { flavors }: Present, user: string | undefined): PlannedStep {
  const subject = { kind: 'flavor', name } as const;
  if (!flavors.some((flavor) => flavor.name === name)) return nothing(subject);
  if (user !== undefined) return nothing(subject, `instance ${user} has it`);
  return { ...nothing(subject), action: 'remove', acts: [{ kind: 'remove-flavor', name }] };
}

function imageRemoval(
  name: string,
  found: Image | undefined,
  userOf: (image: Image) => string | undefined,
): PlannedStep {
  const subject = { kind: 'image', name } as const;
  if (found === undefined) return nothing(subject);
  const user = userOf(found);
  if (user !== undefined) return nothing(subject, `instance ${user} was made of it`);
  return { ...nothing(subject), action: 'remove', acts: [{ kind: 'remove-image', id: found.id }] };
}
