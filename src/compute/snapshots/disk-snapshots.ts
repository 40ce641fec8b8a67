// Disk snapshots: create, list, restore, remove. The record says what is being done before anything is done, so that whoever
// comes after a process that died takes a half-made one back, and ends a half-done restore or removal.
import { asFault, Fault, newUuid } from '../../base/index.ts';
import { type DiskSnapshot, type Instance, isTrueWord, type SnapshotWork } from '../../model/index.ts';
import type { ActOptions } from '../compute.ts';
import { told } from '../emit-step.ts';
import { recordFailure } from '../failure-record.ts';
import { holdInstance } from '../holding.ts';
import { powerOff, powerOn } from '../power.ts';
import { setState } from '../set-state.ts';
import { requireOwn } from '../state-conflict.ts';
import type { Tools } from '../tools.ts';
import {
  addMarks,
  bringDisksBack,
  bringFirmwareBack,
  isOn,
  keepFirmware,
  markedFiles,
  removeMarks,
  requireMarks,
} from './marked-disks.ts';
import { atOneMoment, FREEZE_DEADLINE_MS } from './one-moment.ts';
import type { CreatedSnapshot, CreateSnapshotRequest } from './requests.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;
/** Marks take room for their tables alone, and a list of hundreds helps nobody. */
const MOST = 256;

/** The acts in their order, of all three. */
export type SnapshotStep =
  | 'freeze'
  | 'mark'
  | 'thaw'
  | 'firmware'
  | 'stop'
  | 'go-back'
  | 'start'
  | 'remove-mark';

const WORDS: Readonly<Record<SnapshotStep, string>> = {
  freeze: "freezing the guest's filesystems",
  mark: 'marking the disks',
  thaw: 'thawing them',
  firmware: 'copying what the firmware remembers',
  stop: 'switching the guest off',
  'go-back': 'bringing the disks back',
  start: 'starting the guest',
  'remove-mark': 'removing the marks',
};

export async function createSnapshot(
  tools: Tools,
  ref: string,
  request: CreateSnapshotRequest,
  options: ActOptions,
): Promise<CreatedSnapshot> {
  using held = await hold(tools, ref, 'create-snapshot', options);
  const { instance } = held;
  const begun = newSnapshot(instance, request.name);
  requireRoomFor(tools, instance);
  tools.store.diskSnapshots.insert(begun);
  try {
    const made = await mark(tools, instance, begun, { request, options });
    tools.store.diskSnapshots.update(made.snapshot);
    return made;
  } catch (error) {
    await takeBack(tools, instance, begun);
    throw error;
  }
}

export async function restoreSnapshot(
  tools: Tools,
  ref: string,
  name: string,
  options: ActOptions,
): Promise<void> {
  using held = await hold(tools, ref, 'restore-snapshot', options);
  const { instance } = held;
  const snapshot = findSnapshot(tools, instance, name);
  await requireMarks(tools, instance, snapshot);
  const begun = { ...snapshot, work: { kind: 'restore', start: await isOn(tools, instance) } as const };
  tools.store.diskSnapshots.update(begun);
  try {
    await finishRestore(tools, instance, begun, options);
  } catch (error) {
    recordFailure(tools, instance.id, error, `Half way back to the snapshot ${name}: `);
    throw error;
  }
}

export async function removeSnapshot(
  tools: Tools,
  ref: string,
  name: string,
  options: ActOptions,
): Promise<void> {
  using held = await hold(tools, ref, 'remove-snapshot', options);
  const snapshot = findSnapshot(tools, held.instance, name);
  tools.store.diskSnapshots.update({ ...snapshot, work: { kind: 'remove' } });
  await finishRemoval(tools, held.instance, snapshot, options);
}

async function hold(
  tools: Tools,
  ref: string,
  action: 'create-snapshot' | 'restore-snapshot' | 'remove-snapshot',
  options: ActOptions,
): ReturnType<typeof holdInstance> {
  requireOwn(tools.store.instances.find(ref), action);
  return await holdInstance(tools, ref, action, { state: 'snapshotting', ...options });
}

function findSnapshot(tools: Tools, instance: Instance, name: string): DiskSnapshot {
  const found = tools.store.diskSnapshots.get(instance.id, name);
  if (found !== undefined) return found;
  throw new Fault('not-found', 'SNAPSHOT_NOT_FOUND', `Instance ${instance.name} has no snapshot "${name}"`, {
    hint: `novalet snapshot list ${instance.name}`,
  });
}

function requireRoomFor(tools: Tools, instance: Instance): void {
  if (tools.store.diskSnapshots.ofInstance(instance.id).length < MOST) return;
  throw new Fault('exhausted', 'TOO_MANY_SNAPSHOTS', `Instance ${instance.name} has ${MOST} snapshots`, {
    hint: `Remove some: novalet snapshot list ${instance.name}`,
  });
}

/** What cannot be taken back now is taken back when the instance is next repaired: its record says so. */
async function takeBack(tools: Tools, instance: Instance, begun: DiskSnapshot): Promise<void> {
  try {
    await removeMarks(tools, instance, begun);
    tools.store.diskSnapshots.remove(begun.id);
  } catch (error) {
    const facts = { err: asFault(error), snapshot: begun.name };
    tools.log.warn(facts, 'could not take a half-made snapshot back');
  }
}

/** After a process died in the middle of one of the three. */
export async function repairSnapshots(tools: Tools, instance: Instance): Promise<void> {
  const { repairCopies } = await import('./repair-image.ts');
  await repairCopies(tools, instance); // its guest may be frozen
  for (const snapshot of tools.store.diskSnapshots.ofInstance(instance.id)) {
    const { work } = snapshot;
    if (work === null) continue;
    if (work.kind === 'restore') await finishRestore(tools, instance, { ...snapshot, work }, {});
    else await finishRemoval(tools, instance, snapshot, {});
  }
}

function newSnapshot(instance: Instance, name: string): DiskSnapshot {
  if (!NAME.test(name)) {
    throw new Fault(
      'invalid',
      'SNAPSHOT_NAME_INVALID',
      `"${name.slice(0, 80)}" cannot be the name of a snapshot`,
      {
        hint: 'Up to 63 letters, digits, dots, dashes and underscores, a letter or a digit first.',
      },
    );
  }
  return {
    id: newUuid(),
    instanceId: instance.id,
    name,
    consistency: 'off',
    fileNames: markedFiles(instance),
    hasFirmware: false,
    createdAt: new Date().toISOString(),
    work: { kind: 'create' },
  };
}

interface Marking {
  readonly request: CreateSnapshotRequest;
  readonly options: ActOptions;
}

async function mark(
  tools: Tools,
  instance: Instance,
  begun: DiskSnapshot,
  { request, options }: Marking,
): Promise<CreatedSnapshot> {
  const act = () => during(options, 'mark', () => addMarks(tools, instance, begun));
  let consistency: DiskSnapshot['consistency'] = 'off';
  let why: string | null = null;
  if (await isOn(tools, instance)) {
    const isRequired = isTrueWord(instance.image.properties['os_require_quiesce']);
    const moment = await atOneMoment(
      tools,
      instance,
      {
        quiesce: request.quiesce ?? (isRequired ? 'require' : 'try'),
        deadlineMs: request.freezeDeadlineMs ?? FREEZE_DEADLINE_MS,
        signal: options.signal,
        tell: (step, phase) => tell(options, step, phase),
      },
      act,
    );
    ({ consistency, why } = moment);
  } else await act();
  const hasFirmware = await during(options, 'firmware', () => keepFirmware(tools, instance, begun));
  return { snapshot: { ...begun, consistency, hasFirmware, work: null }, why };
}

type Restoring = DiskSnapshot & { readonly work: SnapshotWork & { readonly kind: 'restore' } };

/** From wherever it stood: each act may be done again. */
async function finishRestore(
  tools: Tools,
  instance: Instance,
  snapshot: Restoring,
  options: ActOptions,
): Promise<void> {
  await during(options, 'stop', () => powerOff(tools, instance, { ...options, force: true }));
  await during(options, 'go-back', () => bringDisksBack(tools, instance, snapshot));
  await during(options, 'firmware', () => bringFirmwareBack(tools, instance, snapshot));
  if (snapshot.work.start) await during(options, 'start', () => powerOn(tools, instance, options));
  tools.store.diskSnapshots.update({ ...snapshot, work: null });
  setState(tools, instance, snapshot.work.start ? 'active' : 'stopped');
}

async function finishRemoval(
  tools: Tools,
  instance: Instance,
  snapshot: DiskSnapshot,
  options: ActOptions,
): Promise<void> {
  await during(options, 'remove-mark', () => removeMarks(tools, instance, snapshot));
  tools.store.diskSnapshots.remove(snapshot.id);
}

async function during<T>(options: ActOptions, step: SnapshotStep, act: () => Promise<T>): Promise<T> {
  return await told(options, step, WORDS[step], act);
}

function tell(options: ActOptions, step: SnapshotStep, phase: 'begin' | 'end'): void {
  options.onProgress?.({ step, phase, what: WORDS[step] });
}
