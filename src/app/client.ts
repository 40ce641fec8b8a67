// The library's face: the same engine as the command line, as objects. `import { connect } from 'novalet'`.
import type { Compute, InstanceView } from '../compute/index.ts';
import { InstanceHandle } from './instance-handle.ts';
import { type LaunchOptions, readAct, readLaunch } from './launch-wishes.ts';
import { type OpenOptions, openCompute } from './open-compute.ts';
import { TemplateActions } from './template-actions.ts';

/**
 * Opens this host's engine. Nothing is started or created yet; libvirt is reached when it is needed.
 * Throws `CONFIG_INVALID` and the faults of the store.
 */
export async function connect(options: OpenOptions = {}): Promise<Novalet> {
  return new Novalet(await openCompute(options));
}

/** One host. Disposal closes its connections; instances live on. */
export class Novalet implements AsyncDisposable {
  /** Everything the engine can do, for what this class has no shorter word for. */
  readonly compute: Compute;
  /** Guests' memory and disks at a moment, from which others go on. */
  readonly templates: TemplateActions;

  constructor(compute: Compute) {
    this.compute = compute;
    this.templates = new TemplateActions(compute);
  }

  /** Builds an instance and starts it; resolves when its domain runs. Takes all back when it fails. */
  async launch(options: LaunchOptions): Promise<InstanceHandle> {
    const instance = await this.compute.launch(readLaunch(options), readAct(options));
    return new InstanceHandle(this.compute, instance.id, instance.name);
  }

  /** An instance that exists, by name or id. Throws `INSTANCE_NOT_FOUND`. */
  async instance(ref: string): Promise<InstanceHandle> {
    const { instance } = await this.compute.show(ref);
    return new InstanceHandle(this.compute, instance.id, instance.name);
  }

  async instances(): Promise<readonly InstanceView[]> {
    return await this.compute.list();
  }

  async close(): Promise<void> {
    await this.compute[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
