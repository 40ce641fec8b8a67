// One guest without a network for a whole file of rows, and each row as a test by each road.
import { after, before, test } from 'node:test';
import type { Compute, GuestAccess, Via } from '../../../src/compute/index.ts';
import { SLOW_AGENT, World } from '../support/world.ts';
import type { Place, Row } from './rows.ts';

const NAME = 'bridge';
const BOOT_MS = 600_000; // Debian without KVM on a busy host
const ROW_MS = 240_000; // a reboot is among them

export interface GuestKind {
  readonly system: Place['system'];
  readonly user: string;
  readonly memoryMiB: number;
}

export const MINIMAL: GuestKind = { system: 'busybox', user: 'guest', memoryMiB: 512 };
export const DEBIAN: GuestKind = { system: 'debian', user: 'nobody', memoryMiB: 1024 };

export class GuestOfRows {
  readonly #kind: GuestKind;
  #world: World | undefined;
  #compute: Compute | undefined;
  readonly #guests = new Map<Via, GuestAccess>();

  constructor(kind: GuestKind) {
    this.#kind = kind;
    before(() => this.#launch(), { timeout: BOOT_MS });
    after(() => this.#world?.[Symbol.asyncDispose](), { timeout: BOOT_MS });
  }

  /** Every row by both roads. */
  byBothRoads(rows: readonly Row[]): void {
    for (const via of ['lane', 'agent'] as const) this.by(via, rows);
  }

  by(via: Via, rows: readonly Row[]): void {
    for (const row of rows) {
      test(`${via}: ${row.name}`, { timeout: ROW_MS }, async () => {
        try {
          await row.run(this.#place(via));
        } catch (error) {
          throw error instanceof SuppressedError ? bothOf(error) : error;
        }
      });
    }
  }

  async #launch(): Promise<void> {
    const world = await World.make(SLOW_AGENT);
    this.#world = world;
    const compute = await world.compute();
    this.#compute = compute;
    const { system, memoryMiB } = this.#kind;
    const image = system === 'debian' ? await world.debianImage() : await world.minimalImage();
    const sizes = { vcpus: 2, memoryMiB, rootGiB: 4, ephemeralGiB: 0, swapMiB: 0, extraSpecs: {} };
    await compute.flavors.create({ name: 'rows', ...sizes });
    await compute.launch({ image, name: NAME, flavor: 'rows', network: 'none' });
    await compute.waitFor(NAME, { kind: 'agent' }, { timeoutMs: BOOT_MS });
    for (const via of ['lane', 'agent'] as const) this.#guests.set(via, await compute.guest(NAME, { via }));
  }

  #place(via: Via): Place {
    const guest = this.#guests.get(via);
    if (this.#world === undefined || this.#compute === undefined || guest === undefined)
      throw new Error('the guest of these rows was not launched');
    const { system, user } = this.#kind;
    const { configFile } = this.#world;
    return { compute: this.#compute, configFile, name: NAME, guest, via, user, system };
  }
}

/** What a row and then its cleaning up threw, in a form that the test runner prints. */
function bothOf({ error, suppressed }: SuppressedError): Error {
  const after = error instanceof Error ? error.message : String(error);
  return new Error(`this row failed, and then its cleaning up did: ${after}`, { cause: suppressed });
}
