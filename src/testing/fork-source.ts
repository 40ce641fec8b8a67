// The state from which forks are made, and how. The one place that decides it: a template, from whose memory each fork goes on;
// or, where none can be made, a guest that is off, of which each fork is a clone that boots.
import { randomUUID } from 'node:crypto';
import { InstanceHandle, type LaunchOptions, type Novalet } from '../app/index.ts';
import { asFault, delay, isFault } from '../base/index.ts';
import { ALONE_TAG, ownTemplateName, ownTestOwner } from './owner.ts';
import { removeOrphans } from './removal.ts';
import { lookAtShared, sharedName } from './shared-template.ts';
import { StoppedGuest } from './stopped-guest.ts';
import { TemplateSource, withoutTemplate } from './template-source.ts';
import { warn } from './warn.ts';

const LOOK_MS = 500;

export interface WaitLimits {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface ForkSource {
  /** The id of a fork that is ready. `onMade` gets it as soon as there is something to remove. */
  fork(name: string, limits: WaitLimits, onMade: (id: string) => void): Promise<string>;
}

export interface SourceOrder {
  readonly launch: LaunchOptions;
  /** Of the guest, where no other fixture uses it. */
  readonly name: string;
  /** Of the fixture. */
  readonly tag: string;
  /** Without it, what is made is the same for all who ask for the same. */
  readonly prepare: ((guest: InstanceHandle) => Promise<void>) | undefined;
  /** Gets the guest that is being made ready, as soon as it is there, and undefined when it is no guest any more. */
  readonly onGuest: (id: string | undefined) => void;
}

export async function makeForkSource(
  host: Novalet,
  order: SourceOrder,
  limits: WaitLimits,
): Promise<ForkSource> {
  const why = withoutTemplate(order.launch);
  if (why !== null) {
    tellBoots(why);
    return await stoppedGuest(host, order, limits);
  }
  const shared = order.prepare === undefined ? await sharedName(host, order.launch) : null;
  const own = { guest: order.name, template: ownTemplateName(order.tag) };
  if (shared === null) return await templateSource(host, order, own, limits);
  const until = performance.now() + limits.timeoutMs;
  while (performance.now() < until) {
    const seen = await lookAtShared(host.compute, shared);
    if (seen.kind === 'ready') return new TemplateSource(host, order.launch, seen);
    if (seen.kind === 'taken') break;
    if (seen.kind === 'free')
      try {
        return await templateSource(host, order, { guest: shared, template: shared }, limits);
      } catch (error) {
        if (!isFault(error, 'INSTANCE_NAME_TAKEN')) throw error; // somebody was quicker
      }
    await removeOrphans(host.compute, ownTestOwner()); // who makes it may have been killed
    await delay(LOOK_MS, limits.signal);
  }
  return await templateSource(host, order, own, limits);
}

async function templateSource(
  host: Novalet,
  order: SourceOrder,
  names: { readonly guest: string; readonly template: string },
  limits: WaitLimits,
): Promise<ForkSource> {
  const guest = await launchReady(host, { ...order, name: names.guest }, limits);
  const { id } = guest;
  const { signal } = limits;
  try {
    const create = { name: names.template, instance: id, consume: true, readyTimeoutMs: limits.timeoutMs };
    await host.templates.create({ ...create, ...(signal === undefined ? {} : { signal }) });
    order.onGuest(undefined);
    return new TemplateSource(host, order.launch, {
      name: names.template,
      hasCloudInit: guest.hasCloudInit,
    });
  } catch (error) {
    const fault = asFault(error);
    if (fault.kind === 'cancelled') throw fault;
    tellBoots(`${fault.message} (${fault.code})`);
  }
  if (!(await isThere(host, id))) {
    order.onGuest(undefined);
    return await stoppedGuest(host, order, limits);
  }
  await host.compute.change(id, { addTags: [ALONE_TAG] });
  return await StoppedGuest.stop(host, guest, limits);
}

async function stoppedGuest(host: Novalet, order: SourceOrder, limits: WaitLimits): Promise<ForkSource> {
  return await StoppedGuest.stop(host, await launchReady(host, order, limits), limits);
}

async function launchReady(
  host: Novalet,
  { launch, name, prepare, onGuest }: SourceOrder,
  limits: WaitLimits,
): Promise<{ readonly id: string; readonly hasCloudInit: boolean }> {
  const { signal } = limits;
  const wishes = { ...launch, name, generationId: randomUUID() };
  const { id } = await host.launch({ ...wishes, ...(signal === undefined ? {} : { signal }) });
  onGuest(id);
  const hasCloudInit = await untilReady(host, id, limits);
  await prepare?.(new InstanceHandle(host.compute, id, name));
  return { id, hasCloudInit };
}

/** Its agent answers, and cloud-init is done where there is one. Whether there is. */
async function untilReady({ compute }: Novalet, id: string, limits: WaitLimits): Promise<boolean> {
  await compute.waitFor(id, { kind: 'agent' }, limits);
  try {
    await compute.waitFor(id, { kind: 'cloud-init' }, limits);
    return true;
  } catch (error) {
    if (!isFault(error, 'CLOUD_INIT_MISSING')) throw error;
    return false;
  }
}

async function isThere({ compute }: Novalet, id: string): Promise<boolean> {
  try {
    await compute.show(id);
    return true;
  } catch (error) {
    if (!isFault(error, 'INSTANCE_NOT_FOUND')) throw error;
    return false;
  }
}

function tellBoots(why: string): void {
  warn(`Each fork of the tests' guest boots, since no template can be made of it: ${why}`);
}
