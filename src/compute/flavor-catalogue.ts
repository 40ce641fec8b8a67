// Flavors as an operator handles them: checked when they are entered, not when somebody launches with them.
import { Fault } from '../base/index.ts';
import type { Flavor } from '../model/index.ts';
import type { Store } from '../store/index.ts';
import type { Flavors } from './compute.ts';
import { checkFlavorAlone } from './flavor-alone.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9_. -]{0,254}$/;
/** nova.db.constants.MAX_INT */
const MAX = 0x7fffffff;

export class FlavorCatalogue implements Flavors {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async list(): Promise<readonly Flavor[]> {
    return this.#store.flavors.list();
  }

  async show(name: string): Promise<Flavor> {
    return this.#store.flavors.get(name);
  }

  async create(flavor: Flavor): Promise<void> {
    checkFlavor(flavor);
    this.#store.flavors.insert(flavor);
  }

  async remove(name: string): Promise<void> {
    this.#store.flavors.remove(name);
  }
}

/** Pure. Throws `FLAVOR_INVALID` naming the field, or what is wrong with an extra spec. */
export function checkFlavor(flavor: Flavor): void {
  if (!NAME.test(flavor.name))
    throw invalid('name', 'must be letters, digits, dots, dashes, spaces, at most 255');
  const minima = { vcpus: 1, memoryMiB: 1, rootGiB: 0, ephemeralGiB: 0, swapMiB: 0 } as const;
  for (const field of ['vcpus', 'memoryMiB', 'rootGiB', 'ephemeralGiB', 'swapMiB'] as const) {
    const value = flavor[field];
    if (Number.isInteger(value) && value >= minima[field] && value <= MAX) continue;
    throw invalid(field, `must be a whole number of at least ${minima[field]}`);
  }
  checkFlavorAlone(flavor);
}

function invalid(field: string, what: string): Fault {
  return new Fault('invalid', 'FLAVOR_INVALID', `The flavor's ${field} ${what}`, {
    hint: 'For example: novalet flavor create small --vcpus 1 --memory 1024 --root 10',
    details: { field },
  });
}
