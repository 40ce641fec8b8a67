// What may be asked of templates: guests' memory and disks at a moment, from which others go on.
import type { Fault } from '../../base/index.ts';
import type { Instance, Template } from '../../model/index.ts';
import type { ActOptions, LaunchRequest } from '../compute.ts';

/** A launch from one takes the time of a restore, and not that of a boot. */
export interface Templates {
  /**
   * Launches a guest of an image, or one with copies of an instance's disks; waits until its agent answers and its cloud-init is
   * done; takes from it what only one guest may have (host keys, machine-id, seeds, what cloud-init was told); and keeps its
   * memory and disks. The guest itself is gone then. Throws `TEMPLATE_EXISTS`, `TEMPLATE_NAME_INVALID`,
   * `TEMPLATE_UNSUPPORTED`, and what a launch and waiting throw.
   */
  create(request: TemplateCreateRequest, options?: ActOptions): Promise<TemplateView>;
  /** Oldest first. */
  list(): Promise<readonly TemplateView[]>;
  /** By name, id, or the beginning of an id that fits one. Throws `TEMPLATE_NOT_FOUND` or `TEMPLATE_AMBIGUOUS`. */
  show(ref: string): Promise<TemplateView>;
  /** Its record and its files. Throws as `show`, and `TEMPLATE_IN_USE` while an instance's disks lie over its. */
  remove(ref: string): Promise<void>;
  /**
   * Reads its files and compares them with what was written. Throws as `show`; what is wrong is in the result. A template that
   * is still being made has `TEMPLATE_NOT_READY`.
   */
  verify(ref: string, options?: ActOptions): Promise<TemplateVerified>;
  /**
   * A new instance that goes on from the template's memory with an identity of its own; its agent answers. Where that fails it
   * boots from the template's disks, and `why` says so. cloud-init's second run, with what this request gives the guest to
   * read, has begun and is not waited for (`waitFor` does).
   */
  launch(ref: string, request?: TemplateLaunchRequest, options?: ActOptions): Promise<TemplateLaunched>;
}

export interface TemplateCreateRequest
  extends Omit<LaunchRequest, 'image' | 'name' | 'shares' | 'links' | 'tags' | 'generationId'> {
  readonly name: string;
  /** Name or id of an image or of an instance: one of the two. Of an instance the size is its own, and nothing else is heeded. */
  readonly image?: string;
  readonly instance?: string;
  /**
   * The instance itself becomes the template, as it runs now: nothing is copied, and nothing boots. It is gone afterwards, also
   * after a failure; one that is refused goes on. Launch it with a `generationId`. False when left out.
   */
  readonly consume?: boolean;
  /** How long the guest may take until its agent answers and cloud-init is done. 600 000 when left out. */
  readonly readyTimeoutMs?: number;
}

/** As of a launch; image, size and hardware are the template's. */
export interface TemplateLaunchRequest extends TemplateWishes {
  /** `leave`: no second run, so what it would give (keys, a password) is not there. `rerun` when left out; one that boots has it. */
  readonly cloudInit?: 'rerun' | 'leave';
}

type TemplateWishes = Pick<
  LaunchRequest,
  | 'name'
  | 'userData'
  | 'validate'
  | 'sshKeys'
  | 'guest'
  | 'files'
  | 'adminPassword'
  | 'plainAdminPassword'
  | 'network'
  | 'networks'
  | 'metadata'
  | 'tags'
>;

export interface TemplateView {
  readonly template: Template;
  /** Names of the instances whose disks lie over its. */
  readonly users: readonly string[];
  /** Why its memory does not fit this host any more, so that launches boot from its disks; null where it fits. */
  readonly stale: string | null;
}

export interface TemplateVerified extends TemplateView {
  /** By name of the file, what is wrong with it. */
  readonly damaged: ReadonlyMap<string, 'missing' | 'changed'>;
}

export interface TemplateLaunched {
  readonly instance: Instance;
  /** `memory`: it went on from there. `cold`: it boots. */
  readonly way: 'memory' | 'cold';
  /** What kept it from going on from the memory. */
  readonly why: Fault | null;
}
