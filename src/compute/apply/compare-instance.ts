// What has to be done to an instance. Pure. Each difference names the act that ends it, and what that act costs the guest.
import { isFault } from '../../base/index.ts';
import {
  checkTags,
  type Flavor,
  type Image,
  type Instance,
  planShare,
  type Share,
} from '../../model/index.ts';
import { checkInstanceName } from '../names.ts';
import { resizedDisks } from '../resize/resized-disks.ts';
import { maximaOf } from '../sizes/choose-maxima.ts';
import type { Change } from './change.ts';
import {
  type CardChanges,
  type CardPlaces,
  cardWords,
  compareCards,
  findNamed,
  portWords,
} from './compare-cards.ts';
import { type DiskPlaces, diskProblem, disksChanges, sizeOf, wishWords } from './compare-disks.ts';
import { flavorDifferences } from './compare-flavor.ts';
import { draftOf, inputDifferences } from './compare-input.ts';
import { carriedLink, linksChange, linkWords, wantedLinks } from './compare-links.ts';
import { sharesChange } from './compare-shares.ts';
import { compareState, launchActs } from './compare-state.ts';
import { creation, mapDifferences, nothing, type PlannedStep } from './planned-step.ts';
import type { Present } from './present.ts';
import type { Difference, WantedDisk, WantedInstance } from './requests.ts';

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

/** Throws what a launch throws of keys, metadata, tags, user data and wishes. */
export function compareInstance(wanted: WantedInstance, around: Surroundings): PlannedStep {
  const { present, comingImages } = around;
  const subject = { kind: 'instance', name: wanted.name } as const;
  const image = comingImages.has(wanted.image) ? undefined : findImage(present.images, wanted.image);
  const draft = draftOf(wanted, image);
  const found = present.instances.find(({ instance }) => instance.name === wanted.name);
  const links = wantedLinks(wanted);
  checkWishes(wanted);
  const flavor = around.flavors.find(({ name }) => name === wanted.flavor);
  const problem = lackOf(wanted, { image, flavor, around });
  if (problem !== null) return nothing(subject, problem);
  if (found === undefined) {
    checkInstanceName(wanted.name);
    const step = launch(wanted, present);
    const stuck = keptProblem(wanted) ?? pathProblem(step, present);
    return stuck === null ? step : nothing(subject, stuck);
  }
  if (found.instance.adoption !== null)
    return nothing(subject, 'an instance of that name was adopted: it is not made by a launch');
  const { instance } = found;
  const cards = wanted.networks && compareCards(wanted.networks, instance.ports, placesOf(around));
  const disks = diskPlacesOf(around);
  const stuck = cardProblem(wanted, instance, cards) ?? diskProblem(wanted.disks, instance, disks);
  if (stuck !== null) return nothing(subject, stuck);
  const changes = [
    imageChange(wanted, instance, image),
    draft === undefined || found.input === undefined
      ? undefined
      : rebuildFor(wanted, instance, inputDifferences(wanted, draft, found.input)),
    hostnameChange(wanted, instance),
    linksChange(links, instance, cards),
    flavorChange(instance, flavor),
    maximaChange(wanted, instance, flavor),
    cards && cardsChange(instance, cards, present.managedNetwork),
    sharesChange(wanted.shares, instance, disks.realPath),
    ...disksChanges(wanted.disks, instance, disks),
    recordChange(wanted, instance),
  ].filter((change) => change !== undefined);
  const isRelaunched = changes.some(({ needs }) => needs.includes('relaunch'));
  const step = compareState(wanted, found, { changes, flavor });
  const lost = (isRelaunched ? keptProblem(wanted) : null) ?? pathProblem(step, present);
  return lost === null ? step : nothing(subject, lost);
}

/** Throws what is wrong with tags, shared folders and sizes of disks, wherever they would go. */
function checkWishes({ tags = [], shares = [], disks = [] }: WantedInstance): void {
  checkTags(tags);
  const planned: Share[] = [];
  for (const share of shares) planned.push(planShare(share, planned));
  for (const { source } of disks) sizeOf(source);
}

function launch(wanted: WantedInstance, { managedNetwork }: Present): PlannedStep {
  const { name, links = [], disks = [], shares = [] } = wanted;
  const values = {
    image: wanted.image,
    flavor: wanted.flavor,
    networks: wanted.networks?.map((request) => cardWords(request, managedNetwork)).join(', '),
    links: links.length === 0 ? undefined : links.map(linkWords).join(', '),
    ...Object.fromEntries(disks.map((disk) => [`disks.${disk.name}`, wishWords(disk)])),
    ...Object.fromEntries(shares.map(({ tag, path }) => [`shares.${tag}`, path])),
    state: wanted.state,
  };
  return creation({ kind: 'instance', name }, values, launchActs(wanted));
}

/** A new instance has nothing that was kept. */
function keptProblem({ disks = [] }: WantedInstance): string | null {
  const disk = disks.find(({ source }) => source.kind === 'kept');
  return disk === undefined
    ? null
    : `disk ${disk.name} is one that an instance kept, and a new one is to be launched: give its size, or a copy of it as file`;
}

/** What is there already may have lost its file: that is in nobody's way here. */
function pathProblem({ acts }: PlannedStep, { missingPaths }: Present): string | null {
  const paths = acts.flatMap((act) => {
    if (act.kind === 'attach-disk') return 'path' in act.disk.source ? [act.disk.source.path] : [];
    if (act.kind === 'change-medium') return act.medium?.kind === 'file' ? [act.medium.path] : [];
    if (act.kind === 'launch') return (act.wanted.shares ?? []).map(({ path }) => path);
    return act.kind === 'add-share' ? [act.request.path] : [];
  });
  const missing = paths.find((path) => missingPaths.has(path));
  return missing === undefined ? null : `there is no ${missing}`;
}

/** Without the file's word for it, a card that the guest has made something of does not go. */
function cardProblem(
  { links }: WantedInstance,
  instance: Instance,
  cards: CardChanges | undefined,
): string | null {
  if (links !== undefined || cards === undefined) return null;
  const link = carriedLink(instance, cards);
  return link === undefined
    ? null
    : `the guest has ${link.name} on a card that is to go, and the file says nothing of bonds and vlans`;
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
  const lacks = [
    ...(wanted.networks ?? []).map(({ port }) =>
      port === undefined ? null : portLack(port, wanted, around),
    ),
    ...(wanted.disks ?? []).map((disk) => diskLack(disk, around)),
  ];
  return lacks.find((lack) => lack !== null) ?? null;
}

function diskLack({ name, source }: WantedDisk, { present, comingImages }: Surroundings): string | null {
  if (source.kind !== 'image' || comingImages.has(source.image)) return null;
  if (findImage(present.images, source.image) !== undefined) return null;
  return `there is no image "${source.image}" for disk ${name}, neither in the file nor on this host`;
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

/** An image that is made anew is none that a disk is a copy of. */
function diskPlacesOf({ present, comingImages }: Surroundings): DiskPlaces {
  return {
    imageOf: (ref) => (comingImages.has(ref) ? undefined : findImage(present.images, ref)),
    realPath: (path) => present.realPaths.get(path) ?? path,
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
  return { differences, acts: [{ kind: 'rebuild', id, wanted }], needs: ['rebuild'] };
}

/** Chosen at the launch for good. */
function hostnameChange({ guest }: WantedInstance, { hostname }: Instance): Change | undefined {
  const wanted = guest?.hostname;
  if (wanted === undefined || wanted === hostname) return undefined;
  return { differences: [{ key: 'hostname', from: hostname, to: wanted }], acts: [], needs: ['relaunch'] };
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
    needs: [shrinks(instance, flavor) ? 'relaunch' : 'restart'],
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
  return { differences, acts: [{ kind: 'change-size', id: instance.id, change }], needs: ['stop'] };
}

function cardsChange(
  { id }: Instance,
  { detach, attach }: CardChanges,
  managedNetwork: string,
): Change | undefined {
  if (detach.length + attach.length === 0) return undefined;
  return {
    differences: [
      ...detach.map((port) => ({ key: 'networks', from: portWords(port), to: null })),
      ...attach.map((request) => ({ key: 'networks', from: null, to: cardWords(request, managedNetwork) })),
    ],
    acts: [
      ...detach.map((port) => ({ kind: 'detach-card' as const, id, port: port.id })),
      ...attach.map((request) => ({ kind: 'attach-card' as const, id, request })),
    ],
    needs: [],
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
  return { differences, acts: [{ kind: 'change-record', id, change }], needs: [] };
}
