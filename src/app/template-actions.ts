// Templates, as the library has them.
import type { Fault } from '../base/index.ts';
import type {
  ActOptions,
  Compute,
  TemplateCreateRequest,
  TemplateLaunched,
  TemplateLaunchRequest,
  TemplateVerified,
  TemplateView,
} from '../compute/index.ts';
import { InstanceHandle } from './instance-handle.ts';
import { type LaunchOptions, readAct, readLaunch } from './launch-wishes.ts';

type Told = 'userData' | 'sshKeys' | 'adminPassword' | 'guest' | 'files';

/** `TemplateCreateRequest`, with what people write. */
export interface TemplateOptions
  extends Omit<TemplateCreateRequest, Told>,
    Pick<LaunchOptions, Told>,
    ActOptions {}

/** `TemplateLaunchRequest`, with what people write. */
export interface TemplateLaunchOptions
  extends Omit<TemplateLaunchRequest, Told>,
    Pick<LaunchOptions, Told>,
    ActOptions {}

/** The templates of a host: guests' memory and disks at a moment, from which others go on. */
export class TemplateActions {
  readonly #compute: Compute;

  constructor(compute: Compute) {
    this.#compute = compute;
  }

  /** Boots a guest of an image, or of copies of an instance's disks, and keeps its memory and disks when it is ready. */
  async create(options: TemplateOptions): Promise<TemplateView> {
    return await this.#compute.templates.create(readLaunch(options), readAct(options));
  }

  /** Oldest first. */
  async list(): Promise<readonly TemplateView[]> {
    return await this.#compute.templates.list();
  }

  /** `ref` everywhere: a name, an id, or the beginning of an id that fits one. Throws `TEMPLATE_NOT_FOUND`. */
  async show(ref: string): Promise<TemplateView> {
    return await this.#compute.templates.show(ref);
  }

  /** Throws `TEMPLATE_IN_USE` while an instance's disks lie over its. */
  async remove(ref: string): Promise<void> {
    await this.#compute.templates.remove(ref);
  }

  /** Reads its files, and compares them with what was written. */
  async verify(ref: string, options?: ActOptions): Promise<TemplateVerified> {
    return await this.#compute.templates.verify(ref, options);
  }

  /** A new instance that goes on from the template's memory, with an identity of its own; its agent answers. */
  async launch(ref: string, options: TemplateLaunchOptions = {}): Promise<TemplateInstance> {
    const launched = await this.#compute.templates.launch(ref, readLaunch(options), readAct(options));
    return new TemplateInstance(this.#compute, launched);
  }
}

/** An instance that was launched from a template. Disposal deletes it, as of every handle. */
export class TemplateInstance extends InstanceHandle {
  /** `memory`: it went on from there. `cold`: it boots. */
  readonly way: 'memory' | 'cold';
  /** What kept it from going on from the memory. */
  readonly why: Fault | null;

  constructor(compute: Compute, { instance, way, why }: TemplateLaunched) {
    super(compute, instance.id, instance.name);
    this.way = way;
    this.why = why;
  }
}
