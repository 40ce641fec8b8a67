// What there is on this host, as far as a file of wishes may name it.
import type { Flavor, GuestInput, Image, Instance } from '../../model/index.ts';
import { observedState } from '../reconcile.ts';
import type { Tools } from '../tools.ts';
import { listViews } from '../views.ts';

export interface Present {
  readonly images: readonly Image[];
  readonly flavors: readonly Flavor[];
  readonly instances: readonly PresentInstance[];
  /** The network of a card of which nothing is said. */
  readonly managedNetwork: string;
}

export interface PresentInstance {
  /** In the state that it is really in. */
  readonly instance: Instance;
  /** Whether a domain runs, in whatever state. */
  readonly isOn: boolean;
  /** Undefined where it is not known. */
  readonly input: GuestInput | undefined;
}

export async function readPresent(tools: Tools): Promise<Present> {
  const { store, settings } = tools;
  const views = await listViews(tools);
  return {
    images: store.images.list(),
    flavors: store.flavors.list(),
    instances: views.map(({ instance, powerState }) => ({
      instance: { ...instance, vmState: observedState(instance, powerState) },
      isOn: powerState === 'RUNNING' || powerState === 'PAUSED' || powerState === 'SUSPENDED',
      input: store.guestInputs.get(instance.id),
    })),
    managedNetwork: settings.networkName,
  };
}
