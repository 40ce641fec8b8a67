// What there is on this host, as far as a file of wishes may name it.
import { realpath } from 'node:fs/promises';
import { errnoCode } from '../../base/index.ts';
import type { Flavor, GuestInput, Image, Instance } from '../../model/index.ts';
import type { NetworkView } from '../networks/requests.ts';
import type { PortView } from '../ports/requests.ts';
import { observedState } from '../reconcile.ts';
import { listViews } from '../views.ts';
import type { Hands } from './carry-out.ts';
import type { Manifest, WantedInstance } from './requests.ts';

export interface Present {
  readonly images: readonly Image[];
  readonly flavors: readonly Flavor[];
  /** Of libvirt, whoever made them. */
  readonly networks: readonly NetworkView[];
  /** Those with names of their own. */
  readonly ports: readonly PortView[];
  readonly instances: readonly PresentInstance[];
  /** The network of a card of which nothing is said. */
  readonly managedNetwork: string;
  /** What the paths lead to that the file names for disks and shared folders. */
  readonly realPaths: ReadonlyMap<string, string>;
  /** Those of them that lead nowhere. */
  readonly missingPaths: ReadonlySet<string>;
}

export interface PresentInstance {
  /** In the state that it is really in. */
  readonly instance: Instance;
  /** Whether a domain runs, in whatever state. */
  readonly isOn: boolean;
  /** Undefined where it is not known. */
  readonly input: GuestInput | undefined;
}

/** Networks are read where the file names any: libvirt is asked for each of them. */
export async function readPresent(
  { tools, compute }: Hands,
  { networks, instances }: Pick<Manifest, 'networks' | 'instances'>,
): Promise<Present> {
  const { store, settings } = tools;
  const views = await listViews(tools);
  return {
    images: store.images.list(),
    flavors: store.flavors.list(),
    networks: networks.length === 0 ? [] : await compute.networks.list(),
    ports: await compute.ports.list(),
    instances: views.map(({ instance, powerState }) => ({
      instance: { ...instance, vmState: observedState(instance, powerState) },
      isOn: powerState === 'RUNNING' || powerState === 'PAUSED' || powerState === 'SUSPENDED',
      input: store.guestInputs.get(instance.id),
    })),
    managedNetwork: settings.networkName,
    ...(await lookAtPaths(instances)),
  };
}

async function lookAtPaths(
  instances: readonly WantedInstance[],
): Promise<Pick<Present, 'realPaths' | 'missingPaths'>> {
  const paths = instances.flatMap(({ disks = [], shares = [] }) => [
    ...disks.flatMap(({ source }) => ('path' in source ? [source.path] : [])),
    ...shares.map(({ path }) => path),
  ]);
  const realPaths = new Map<string, string>();
  const missingPaths = new Set<string>();
  for (const path of new Set(paths)) {
    try {
      realPaths.set(path, await realpath(path));
    } catch (error) {
      const code = errnoCode(error);
      if (code === undefined) throw error;
      if (code === 'ENOENT' || code === 'ENOTDIR') missingPaths.add(path); // of others who attaches it says what is wrong
    }
  }
  return { realPaths, missingPaths };
}
