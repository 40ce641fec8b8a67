// The disks of instances: each act a line that leads to where it is done, loaded when it is asked for.
import type { ActOptions } from '../compute.ts';
import type { Tools } from '../tools.ts';
import type {
  AttachDiskRequest,
  DetachDiskOptions,
  DetachedDisk,
  Disks,
  DiskView,
  GrowDiskOptions,
  GrownDisk,
  Medium,
  MediumOptions,
} from './disk-requests.ts';

export class InstanceDisks implements Disks {
  readonly #tools: Tools;

  constructor(tools: Tools) {
    this.#tools = tools;
  }

  async list(ref: string): Promise<readonly DiskView[]> {
    const { listDisks } = await import('./list.ts');
    return await listDisks(this.#tools, ref);
  }

  async attach(ref: string, request: AttachDiskRequest, options: ActOptions = {}): Promise<DiskView> {
    const { attachDisk } = await import('./attach.ts');
    return await attachDisk(this.#tools, ref, request, options);
  }

  async detach(ref: string, disk: string, options: DetachDiskOptions = {}): Promise<DetachedDisk> {
    const { detachDisk } = await import('./detach.ts');
    return await detachDisk(this.#tools, ref, disk, options);
  }

  async insert(ref: string, target: string, medium: Medium, options: MediumOptions = {}): Promise<DiskView> {
    const { insertMedium } = await import('./media.ts');
    return await insertMedium(this.#tools, ref, { target, medium }, options);
  }

  async eject(ref: string, target: string, options: MediumOptions = {}): Promise<DiskView> {
    const { ejectMedium } = await import('./media.ts');
    return await ejectMedium(this.#tools, ref, target, options);
  }

  async grow(
    ref: string,
    disk: string,
    sizeBytes: number,
    options: GrowDiskOptions = {},
  ): Promise<GrownDisk> {
    const { growDisk } = await import('./grow.ts');
    return await growDisk(this.#tools, ref, { disk, sizeBytes }, options);
  }
}
