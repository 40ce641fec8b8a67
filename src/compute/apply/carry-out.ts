// Planned steps into deeds, each by an action that the engine has anyway. Decides nothing.
import { asFault, defined, type Fault, throwIfCancelled } from '../../base/index.ts';
import type { ActOptions, Compute, ImageSource, RebuildRequest } from '../compute.ts';
import { told } from '../emit-step.ts';
import { checkReplacement } from '../launch.ts';
import type { Tools } from '../tools.ts';
import { batchesOf, namedProgress, sideBySide } from './batches.ts';
import { wantedProperties } from './compare-image.ts';
import { draftOf, launchRequestOf, saysUserData } from './compare-input.ts';
import type { Act, InstanceAct, PlannedStep } from './planned-step.ts';
import type { ApplyStep, CarryOutOptions, StepResult, WantedImage, WantedInstance } from './requests.ts';

/** What a step is carried out with. */
export interface Hands {
  readonly tools: Tools;
  readonly compute: Compute;
}

/**
 * One after the other, launches that follow each other side by side, until one fails: its fault is thrown when those beside it
 * have ended and the others were told.
 */
export async function carryOut(
  hands: Hands,
  steps: readonly PlannedStep[],
  options: CarryOutOptions,
): Promise<readonly StepResult[]> {
  options.onPlan?.(steps.map(shown));
  const results: StepResult[] = [];
  let failure: Fault | undefined;
  for (const batch of batchesOf(steps)) {
    const due = failure === undefined ? batch.filter(({ acts }) => acts.length > 0) : [];
    const inside = (name: string) => (due.length > 1 ? namedProgress(name, options) : options);
    const act = async (step: PlannedStep) =>
      await tried(step, options, () => doStep(hands, step, inside(step.name)));
    const endings = await sideBySide(due, act, ({ fault }) => fault === null);
    for (const step of batch) {
      const left = {
        result: step.acts.length === 0 ? 'unchanged' : 'not-done',
        warnings: [],
        fault: null,
      } as const;
      const ended = { ...shown(step), ...(endings.get(step) ?? left) };
      failure ??= ended.fault ?? undefined;
      results.push(ended);
      options.onResult?.(ended);
    }
  }
  if (failure !== undefined) throw failure;
  return results;
}

type Ending = Pick<StepResult, 'result' | 'warnings' | 'fault'>;

async function tried(
  step: PlannedStep,
  options: ActOptions,
  act: () => Promise<readonly string[]>,
): Promise<Ending> {
  try {
    const warnings = await told(options, `${step.kind}:${step.name}`, wordsOf(step), act);
    return { result: 'done', warnings, fault: null };
  } catch (error) {
    return { result: 'failed', warnings: [], fault: asFault(error) };
  }
}

/** What people and programs see of it. */
export function shown({ acts: _unused, ...step }: PlannedStep): ApplyStep {
  return step;
}

const DOING = { create: 'making', change: 'changing', replace: 'replacing', remove: 'removing', none: '' };

function wordsOf({ kind, name, action }: ApplyStep): string {
  return `${DOING[action]} ${kind} ${name}`;
}

/** Gives what did not quite work. */
async function doStep(
  hands: Hands,
  { kind, name, acts }: PlannedStep,
  { signal, onProgress }: ActOptions,
): Promise<readonly string[]> {
  const warnings: string[] = [];
  for (const act of acts) {
    throwIfCancelled(signal, `${kind} ${name}`);
    const options = { signal, ...(onProgress === undefined ? {} : { onProgress }) };
    if (act.kind === 'attach-card') warnings.push(...(await attachCard(hands.compute, act, options)));
    else await doAct(hands, act, options);
  }
  return warnings;
}

async function doAct(hands: Hands, act: Exclude<Act, Attaching>, options: ActOptions): Promise<void> {
  const { compute, tools } = hands;
  switch (act.kind) {
    case 'add-image':
      await addImage(hands, act.image, options);
      return;
    case 'replace-image':
      await compute.images.replace(act.id, sourceOf(hands, act.image, act.source), options);
      return;
    case 'set-image':
      await compute.images.set(act.id, act.changes);
      return;
    case 'remove-image':
      await compute.images.remove(act.id);
      return;
    case 'create-flavor':
      await compute.flavors.create(act.flavor);
      return;
    case 'replace-flavor':
      tools.store.transaction(() => {
        tools.store.flavors.remove(act.flavor.name);
        tools.store.flavors.insert(act.flavor);
      });
      return;
    case 'remove-flavor':
      await compute.flavors.remove(act.name);
      return;
    case 'create-network':
      await compute.networks.create(act.request, options);
      return;
    case 'remove-network':
      await compute.networks.remove(act.name, options);
      return;
    case 'create-port':
      await compute.ports.create(act.request);
      return;
    case 'remove-port':
      await compute.ports.remove(act.name);
      return;
    case 'launch':
      await launch(compute, act.wanted, options);
      return;
    default:
      await changeInstance(hands, act, options);
  }
}

type Change = Exclude<InstanceAct, Attaching | { readonly kind: 'launch' }>;

async function changeInstance(hands: Hands, act: Change, options: ActOptions): Promise<unknown> {
  const { compute } = hands;
  switch (act.kind) {
    case 'check-launch':
      return await checkReplacement(hands.tools, launchRequestOf(act.wanted), act.id);
    case 'delete':
      return await compute.delete(act.id, options);
    case 'start':
      return await compute.start(act.id, options);
    case 'stop':
      return await compute.stop(act.id, options);
    case 'unpause':
      return await compute.unpause(act.id, options);
    case 'resume':
      return await compute.resume(act.id, options);
    case 'unshelve':
      return await compute.unshelve(act.id, options);
    case 'confirm-resize':
      return await compute.confirmResize(act.id, options);
    case 'resize':
      return await compute.resize(act.id, { flavor: act.flavor }, options);
    case 'change-size':
      return await compute.changeSize(act.id, act.change, options);
    case 'rebuild':
      return await compute.rebuild(act.id, rebuildRequest(hands, act.wanted), options);
    case 'add-share':
      return await compute.shares.add(act.id, act.request, options);
    case 'remove-share':
      return await compute.shares.remove(act.id, act.tag, options);
    case 'attach-disk':
      return await compute.disks.attach(act.id, act.disk, options);
    case 'detach-disk':
      return await compute.disks.detach(act.id, act.volume, options);
    case 'grow-disk':
      return await compute.disks.grow(act.id, act.volume, act.sizeBytes, options);
    case 'change-medium':
      return act.medium === null
        ? await compute.disks.eject(act.id, act.target, options)
        : await compute.disks.insert(act.id, act.target, act.medium, options);
    case 'detach-card':
      return await compute.interfaces.detach(act.id, act.port, options);
    case 'change-record':
      return await compute.change(act.id, act.change);
    default:
      return act satisfies never;
  }
}

type Attaching = Extract<Act, { readonly kind: 'attach-card' }>;

/** A card that is there, and of which the guest could not be told, is no failure. */
async function attachCard(
  { interfaces }: Compute,
  { id, request }: Attaching,
  options: ActOptions,
): Promise<readonly string[]> {
  const { port, inside } = await interfaces.attach(id, request, options);
  if (inside.kind !== 'failed') return [];
  return [`card ${port.mac} is there, and has not all its addresses in the guest: ${inside.fault.message}`];
}

async function launch(compute: Compute, wanted: WantedInstance, options: ActOptions): Promise<void> {
  const { id } = await compute.launch(launchRequestOf(wanted), options);
  if (wanted.state === 'stopped') await compute.stop(id, options);
}

async function addImage(hands: Hands, wanted: WantedImage, options: ActOptions): Promise<void> {
  const { images } = hands.compute;
  const { name, from, minDiskGiB, minRamMiB } = wanted;
  if (from.kind === 'source') {
    await images.add({ name, ...sourceOf(hands, wanted, from.source) }, options);
    return;
  }
  const { id } = await images.pull(from.name, { ...options, name });
  const properties = wantedProperties(wanted, hands.tools.store.images.list());
  await images.set(id, { properties, ...defined({ minDiskGiB, minRamMiB }) });
}

function sourceOf({ tools }: Hands, wanted: WantedImage, source: string): ImageSource {
  const { sha256, diskFormat, minDiskGiB, minRamMiB } = wanted;
  const checksum = sha256 === undefined ? undefined : `sha256:${sha256}`;
  const properties = wantedProperties(wanted, tools.store.images.list());
  return { source, properties, ...defined({ checksum, diskFormat, minDiskGiB, minRamMiB }) };
}

/** User data as a launch would have composed them: a rebuild knows no wishes. */
function rebuildRequest({ tools }: Hands, wanted: WantedInstance): RebuildRequest {
  const { image, sshKeys, files } = wanted;
  const draft = draftOf(wanted, tools.store.images.find(image));
  const userData = saysUserData(wanted) ? draft?.userData?.data.reveal() : undefined;
  return {
    image,
    validate: false, // they were checked when they were composed
    ...defined({ sshKeys, files }),
    ...(userData === undefined ? {} : { userData }),
  };
}
