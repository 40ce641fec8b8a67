// Disk snapshots as the engine has them; what makes them is loaded when it is asked for.
import type { DiskSnapshot } from '../../model/index.ts';
import type { ActOptions } from '../compute.ts';
import type { Tools } from '../tools.ts';
import type { CreatedSnapshot, CreateSnapshotRequest, Snapshots } from './requests.ts';

export class SnapshotActions implements Snapshots {
  readonly #tools: Tools;

  constructor(tools: Tools) {
    this.#tools = tools;
  }

  async list(ref: string): Promise<readonly DiskSnapshot[]> {
    const { instances, diskSnapshots } = this.#tools.store;
    return diskSnapshots.ofInstance(instances.find(ref).id);
  }

  async create(
    ref: string,
    request: CreateSnapshotRequest,
    options: ActOptions = {},
  ): Promise<CreatedSnapshot> {
    const { createSnapshot } = await import('./disk-snapshots.ts');
    return await createSnapshot(this.#tools, ref, request, options);
  }

  async restore(ref: string, name: string, options: ActOptions = {}): Promise<void> {
    const { restoreSnapshot } = await import('./disk-snapshots.ts');
    await restoreSnapshot(this.#tools, ref, name, options);
  }

  async remove(ref: string, name: string, options: ActOptions = {}): Promise<void> {
    const { removeSnapshot } = await import('./disk-snapshots.ts');
    await removeSnapshot(this.#tools, ref, name, options);
  }
}
