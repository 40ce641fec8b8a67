// What has to be done to an instance. Pure. Each difference names the act that ends it, and what that act costs the guest.
import { isFault } from '../../base/index.ts';
import type { Flavor, Image, Instance } from '../../model/index.ts';
import { checkTags } from '../../model/index.ts';
import { checkInstanceName } from '../names.ts';
import { resizedDisks } from '../resize/resized-disks.ts';
import { maximaOf } from '../sizes/choose-maxima.ts';
import { type CardPlaces, cardWords, compareCards, findNamed, portWords } from './compare-cards.ts';
import { flavorDifferences } from './compare-flavor.ts';
import { draftOf, inputDifferences } from './compare-input.ts';
import { compareState } from './compare-state.ts';
import { creation, type InstanceAct, mapDifferences, nothing, type PlannedStep } from './planned-step.ts';
import type { Present } from './present.ts';
import type { Difference, WantedInstance } from './requests.ts';

/** What the instance is compared in: what there is, and what there will be when the steps before it are done. */
export interface Surroundings {
  readonly present: Present;
  readonly flavors: readonly Flavor[];
  /** Names of images that will be made, anew or in place of others. */
  readonly comingImages: ReadonlySet<string>;
  /** Names of ports that will be made. */
  readonly comingPorts: ReadonlySet<string>;
  /** Those before it. */
  readonly earlier: readonly WantedInstance[];
}

/** What is different, what ends it, and whether the guest has to be off for that or loses its root disk. */
export interface Change {
  readonly differences: readonly Difference[];
  readonly acts: readonly InstanceAct[];
  readonly needs: 'nothing' | 'stop' | 'rebuild' | 'relaunch';
}

/** Throws what a launch throws of keys, metadata, tags, user data and wishes. */
export function compareInstance(wanted: WantedInstance, around: Surroundings): PlannedStep {
  const { present, comingImages } = around;
  const subject = { kind: 'instance', name: wanted.name } as const;
  const image = comingImages.has(wanted.image) ? undefined : findImage(present.images, wanted.image);
  const draft = draftOf(wanted, image);
  checkTags(wanted.tags ?? []);
  const flavor = around.flavors.find(({ name }) => name === wanted.flavor);
  const problem = lackOf(wanted, { image, flavor, around });
  if (problem !== null) return nothing(subject, problem);
  const found = present.instances.find(({ instance }) => instance.name === wanted.name);
  if (found === undefined) {
    checkInstanceName(wanted.name);
    return launch(wanted, present);
  }
  if (found.instance.adoption !== null)
    return nothing(subject, 'an instance of that name was adopted: it is not made by a launch');
  const changes = [
    imageChange(wanted, found.instance, image),
    draft === undefined || found.input === undefined
      ? undefined
      : rebuildFor(wanted, found.instance, inputDifferences(wanted, draft, found.input)),
    hostnameChange(wanted, found.instance),
    flavorChange(found.instance, flavor),
    maximaChange(wanted, found.instance, flavor),
    cardsChange(wanted, found.instance, placesOf(around)),
    recordChange(wanted, found.instance),
  ].filter((change) => change !== undefined);
  return compareState(wanted, found, { changes, flavor });
}

function launch(wanted: WantedInstance, { managedNetwork }: Present): PlannedStep {
  const values = {
    image: wanted.image,
    flavor: wanted.flavor,
    networks: wanted.networks?.map((request) => cardWords(request, managedNetwork)).join(', '),
    state: wanted.state,
  };
  return creation({ kind: 'instance', name: wanted.name }, values, [{ kind: 'launch', wanted }]);
}

interface Looked {
  readonly image: Image | undefined;
  readonly flavor: Flavor | undefined;
  readonly around: Surroundings;
}

function lackOf(wanted: WantedInstance, { image, flavor, around }: Looked): string | null {
  if (image === undefined && !around.comingImages.has(wanted.image))
    return `there is no image "${wanted.image}", neither in the file nor on this host`;
  if (flavor === undefined && wanted.flavor !== undefined)
    return `there is no flavor "${wanted.flavor}", neither in the file nor on this host`;
  const lacks = (wanted.networks ?? []).map(({ port }) =>
    port === undefined ? null : portLack(port, wanted, around),
  );
  return lacks.find((lack) => lack !== null) ?? null;
}

/** A port that another instance has is free by then where the file takes it from that one before. */
function portLack(ref: string, { name }: WantedInstance, around: Surroundings): string | null {
  if (around.comingPorts.has(ref)) return null;
  const port = findNamed(around.present.ports, ref);
  if (port === undefined) return `there is no port "${ref}", neither in the file nor on this host`;
  const holder = port.instance?.name;
  if (holder === undefined || holder === name) return null;
  const giver = around.earlier.find((one) => one.name === holder)?.networks;
  const isGiven = giver?.every((card) => card.port !== port.name && card.port !== port.id) === true;
  return isGiven ? null : `instance ${holder} has port ${port.name}`;
}

/** A port that is made anew is none that a card can be. */
function placesOf({ present, comingPorts }: Surroundings): CardPlaces {
  return {
    managed: present.managedNetwork,
    named: present.ports.filter(({ name }) => !comingPorts.has(name)),
  };
}

export function findImage(images: readonly Image[], ref: string): Image | undefined {
  return images.find(({ name }) => name === ref) ?? images.find(({ id }) => id === ref);
}

/** By what it was made of, not by a name: an image that was put in place of another is another. */
function imageChange(
  wanted: WantedInstance,
  { image: made, ...instance }: Instance,
  image: Image | undefined,
): Change | undefined {
  if (image !== undefined && image.id === made.id) return undefined;
  const words = made.name === wanted.image ? `an earlier ${made.name}` : made.name;
  return rebuildFor(wanted, instance, [{ key: 'image', from: words, to: wanted.image }]);
}

function rebuildFor(
  wanted: WantedInstance,
  { id }: Pick<Instance, 'id'>,
  differences: readonly Difference[],
): Change | undefined {
  if (differences.length === 0) return undefined;
  return { differences, acts: [{ kind: 'rebuild', id, wanted }], needs: 'rebuild' };
}

/** Chosen at the launch for good. */
function hostnameChange({ guest }: WantedInstance, { hostname }: Instance): Change | undefined {
  const wanted = guest?.hostname;
  if (wanted === undefined || wanted === hostname) return undefined;
  return { differences: [{ key: 'hostname', from: hostname, to: wanted }], acts: [], needs: 'relaunch' };
}

function flavorChange(instance: Instance, flavor: Flavor | undefined): Change | undefined {
  if (flavor === undefined) return undefined;
  const { id, flavor: old } = instance;
  const renamed = old.name === flavor.name ? [] : [{ key: 'flavor', from: old.name, to: flavor.name }];
  const sizes = flavorDifferences(old, flavor).map((one) => ({ ...one, key: `flavor.${one.key}` }));
  if (renamed.length + sizes.length === 0) return undefined;
  return {
    differences: [...renamed, ...sizes],
    acts: [
      { kind: 'resize', id, flavor: flavor.name },
      { kind: 'confirm-resize', id },
    ],
    needs: shrinks(instance, flavor) ? 'relaunch' : 'stop',
  };
}

/** A disk is never made smaller. */
function shrinks(instance: Instance, flavor: Flavor): boolean {
  try {
    resizedDisks(instance, flavor);
    return false;
  } catch (error) {
    if (isFault(error, 'RESIZE_SHRINKS')) return true;
    throw error;
  }
}

/** Compared as they will be under the flavor. */
function maximaChange(
  { maxVcpus, maxMemoryMiB }: WantedInstance,
  instance: Instance,
  flavor: Flavor = instance.flavor,
): Change | undefined {
  const now = maximaOf({ ...instance, flavor });
  const differences = [
    ...(maxVcpus === undefined || maxVcpus === now.vcpus
      ? []
      : [{ key: 'max_vcpus', from: `${now.vcpus}`, to: `${maxVcpus}` }]),
    ...(maxMemoryMiB === undefined || maxMemoryMiB === now.memoryMiB
      ? []
      : [{ key: 'max_memory', from: `${now.memoryMiB} MiB`, to: `${maxMemoryMiB} MiB` }]),
  ];
  if (differences.length === 0) return undefined;
  const change = {
    ...(maxVcpus === undefined ? {} : { maxVcpus }),
    ...(maxMemoryMiB === undefined ? {} : { maxMemoryMiB }),
  };
  return { differences, acts: [{ kind: 'change-size', id: instance.id, change }], needs: 'stop' };
}

function cardsChange(
  { networks }: WantedInstance,
  { id, ports }: Instance,
  places: CardPlaces,
): Change | undefined {
  if (networks === undefined) return undefined;
  const { detach, attach } = compareCards(networks, ports, places);
  if (detach.length + attach.length === 0) return undefined;
  return {
    differences: [
      ...detach.map((port) => ({ key: 'networks', from: portWords(port), to: null })),
      ...attach.map((request) => ({ key: 'networks', from: null, to: cardWords(request, places.managed) })),
    ],
    acts: [
      ...detach.map((port) => ({ kind: 'detach-card' as const, id, port: port.id })),
      ...attach.map((request) => ({ kind: 'attach-card' as const, id, request })),
    ],
    needs: 'nothing',
  };
}

function recordChange(wanted: WantedInstance, instance: Instance): Change | undefined {
  const { id } = instance;
  const metadata = wanted.metadata ?? instance.metadata;
  const tags = checkTags(wanted.tags ?? instance.tags);
  const addTags = tags.filter((tag) => !instance.tags.includes(tag));
  const removeTags = instance.tags.filter((tag) => !tags.includes(tag));
  const differences = [
    ...mapDifferences('metadata', instance.metadata, metadata),
    ...removeTags.map((tag) => ({ key: 'tags', from: tag, to: null })),
    ...addTags.map((tag) => ({ key: 'tags', from: null, to: tag })),
  ];
  if (differences.length === 0) return undefined;
  const entries = mapDifferences('', instance.metadata, metadata).map(({ key, to }) => [key.slice(1), to]);
  const change = { metadata: Object.fromEntries(entries), addTags, removeTags };
  return { differences, acts: [{ kind: 'change-record', id, change }], needs: 'nothing' };
}
