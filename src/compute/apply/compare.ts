// What has to be done so that there is what a file describes: what is needed first, then the instances that need it. Pure.
import type { Flavor, Image } from '../../model/index.ts';
import type { NetworkView } from '../networks/requests.ts';
import type { PortView } from '../ports/requests.ts';
import { compareFlavor } from './compare-flavor.ts';
import { bootedBy, compareImage, inOrder } from './compare-image.ts';
import { compareInstance, findImage } from './compare-instance.ts';
import { compareNetwork, comparePort } from './compare-network.ts';
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
  const networks = manifest.networks.map((wanted) =>
    compareNetwork(
      wanted,
      present.networks.find(({ name }) => name === wanted.name),
    ),
  );
  const ports = manifest.ports.map((wanted) =>
    comparePort(
      wanted,
      present.ports.find(({ name }) => name === wanted.name),
      present.managedNetwork,
    ),
  );
  const around = {
    present,
    flavors: [...manifest.flavors, ...present.flavors],
    comingImages: comingOf(images),
    comingPorts: comingOf(ports),
  };
  const instances = manifest.instances.map((wanted, at) =>
    compareInstance(wanted, { ...around, earlier: manifest.instances.slice(0, at) }),
  );
  return [...images, ...flavors, ...networks, ...ports, ...instances];
}

/** Those that will be made, anew or in place of others. */
function comingOf(steps: readonly PlannedStep[]): ReadonlySet<string> {
  const coming = steps.filter(({ action }) => action === 'create' || action === 'replace');
  return new Set(coming.map(({ name }) => name));
}

/** In the order in which nothing is removed that something else still needs. */
export function compareRemoval(
  { instances, ports, networks, flavors, images }: Manifest,
  present: Present,
  { all = false }: RemovalOptions,
): readonly PlannedStep[] {
  const going = new Set(instances.map(({ name }) => name));
  const staying = present.instances.map(({ instance }) => instance).filter(({ name }) => !going.has(name));
  const isStaying = (name: string) => staying.some((one) => one.name === name);
  const ported = new Set(ports.map(({ name }) => name));
  const removals = [
    ...instances.map(({ name }) => instanceRemoval(name, present)),
    ...ports.map(({ name }) =>
      portRemoval(
        name,
        present.ports.find((port) => port.name === name),
        isStaying,
      ),
    ),
    ...networks.map(({ name }) =>
      networkRemoval(
        name,
        present.networks.find((network) => network.name === name),
        (users) => [
          ...users.instances.filter(isStaying).map((one) => `instance ${one}`),
          ...users.ports.filter((port) => !ported.has(port)).map((one) => `port ${one}`),
        ],
      ),
    ),
  ];
  if (!all) return removals;
  const named = new Set(images.map(({ name }) => name));
  const others = present.images.filter(({ name }) => !named.has(name));
  const userOf = (image: Image) => {
    const [maker, booter] = [staying.find((one) => one.image.id === image.id), bootedBy(image, others)];
    if (maker !== undefined) return `instance ${maker.name} was made of it`;
    return booter === undefined ? null : `image ${booter.name} boots it`;
  };
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

function portRemoval(
  name: string,
  found: PortView | undefined,
  isStaying: (instance: string) => boolean,
): PlannedStep {
  const subject = { kind: 'port', name } as const;
  if (found === undefined) return nothing(subject);
  const holder = found.instance?.name;
  if (holder !== undefined && isStaying(holder)) return nothing(subject, `instance ${holder} has it`);
  return { ...nothing(subject), action: 'remove', acts: [{ kind: 'remove-port', name }] };
}

function networkRemoval(
  name: string,
  found: NetworkView | undefined,
  stayingOf: (network: NetworkView) => readonly string[],
): PlannedStep {
  const subject = { kind: 'network', name } as const;
  if (found === undefined) return nothing(subject);
  if (!found.isManaged) return nothing(subject, 'this novalet did not make it');
  const [user] = stayingOf(found);
  if (user !== undefined) return nothing(subject, `${user} has it`);
  return { ...nothing(subject), action: 'remove', acts: [{ kind: 'remove-network', name }] };
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
  userOf: (image: Image) => string | null,
): PlannedStep {
  const subject = { kind: 'image', name } as const;
  if (found === undefined) return nothing(subject);
  const problem = userOf(found);
  if (problem !== null) return nothing(subject, problem);
  return { ...nothing(subject), action: 'remove', acts: [{ kind: 'remove-image', id: found.id }] };
}
