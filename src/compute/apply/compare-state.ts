// The acts on one instance in the order in which its state lets them begin, and what they cost its guest. Pure.
import { type Flavor, type Instance, isLockedOut, type VmState } from '../../model/index.ts';
import type { Change } from './change.ts';
import { isCold } from './compare-disks.ts';
import { flavorDifferences } from './compare-flavor.ts';
import { type InstanceAct, nothing, type PlainAct, type PlannedStep } from './planned-step.ts';
import type { PresentInstance } from './present.ts';
import type { Difference, WantedInstance } from './requests.ts';

interface Compared {
  readonly changes: readonly Change[];
  readonly flavor: Flavor | undefined;
}

/** What wakes an instance that was put aside. */
const WAKERS: Partial<Readonly<Record<VmState, PlainAct>>> = {
  paused: 'unpause',
  suspended: 'resume',
  shelved: 'unshelve',
  shelved_offloaded: 'unshelve',
};

/** In which order the kinds of acts are done. */
const ORDER: readonly InstanceAct['kind'][] = [
  'change-record',
  'detach-disk', // from the guest that knows it
  'resize',
  'confirm-resize',
  'change-size',
  'remove-share',
  'add-share',
  'rebuild',
  'detach-card',
  'attach-card',
  'change-medium',
  'grow-disk',
  'attach-disk',
];

/** One rebuild gives an instance new image, keys and user data; of these each is another. */
const MANY: ReadonlySet<InstanceAct['kind']> = new Set([
  'detach-disk',
  'remove-share',
  'add-share',
  'detach-card',
  'attach-card',
  'change-medium',
  'grow-disk',
  'attach-disk',
]);

/** The whole step of an instance that is there. */
export function compareState(
  wanted: WantedInstance,
  found: PresentInstance,
  compared: Compared,
): PlannedStep {
  const { instance } = found;
  const subject = { kind: 'instance', name: wanted.name } as const;
  const isEnding = endsResize(instance, compared.flavor);
  const state = isEnding ? (found.isOn ? 'active' : 'stopped') : instance.vmState;
  const changes = isEnding ? compared.changes.filter((change) => !isResize(change)) : compared.changes;
  const waker = WAKERS[state];
  const isPutAside = waker !== undefined;
  const problem = problemOf(instance, {
    state,
    touches: changes.some(({ acts, needs }) => needs.length > 0 || acts.some(isMoreThanRecord)),
    mayWake: wanted.state !== undefined,
    isPutAside,
  });
  if (problem !== null) return nothing(subject, problem);
  const wakes = isPutAside && wanted.state !== undefined ? [waker] : [];
  const isOn = state === 'active' || wakes.length > 0;
  const plan = planned(wanted, instance, { changes, isOn, wakes, isEnding });
  if (plan.acts.length === 0) return nothing(subject);
  if (instance.lock !== null && isLockedOut('rebuild'))
    return nothing(subject, `it is locked: novalet unlock ${instance.name}`);
  const differences = [
    ...changes.flatMap((change) => change.differences),
    ...(isEnding ? [{ key: 'flavor', from: 'not confirmed', to: instance.flavor.name }] : []),
    ...stateDifference(wanted, state),
  ];
  return { ...nothing(subject), ...plan, differences };
}

interface Situation {
  readonly changes: readonly Change[];
  readonly isOn: boolean;
  readonly wakes: readonly PlainAct[];
  readonly isEnding: boolean;
}

type Planned = Pick<PlannedStep, 'action' | 'cost' | 'notes' | 'acts'>;

function planned(wanted: WantedInstance, instance: Instance, situation: Situation): Planned {
  const { id } = instance;
  const { changes, isOn, wakes, isEnding } = situation;
  const needs = new Set(changes.flatMap((change) => change.needs));
  const shallRun = wanted.state === undefined ? isOn : wanted.state === 'active';
  if (needs.has('relaunch')) {
    const state = shallRun ? 'active' : 'stopped';
    return {
      action: 'replace',
      cost: 'replace',
      notes: ['deleted and launched anew: with another id, and without what was attached or kept later'],
      acts: [
        { kind: 'check-launch', id, wanted },
        { kind: 'delete', id },
        ...launchActs({ ...wanted, state }),
      ],
    };
  }
  const before: InstanceAct[] = [...(isEnding ? ['confirm-resize' as const] : []), ...wakes].map((kind) => ({
    kind,
    id,
  }));
  const within = inOrder(changes.flatMap(({ acts }) => acts));
  const isRestarted = isOn && (needs.has('stop') || needs.has('restart'));
  const stopsFirst = isOn && (!shallRun || needs.has('stop'));
  const isOffAfterwards = stopsFirst || !isOn;
  const acts = [
    ...before,
    ...(stopsFirst ? [{ kind: 'stop' as const, id }] : []),
    ...within,
    ...(isOffAfterwards && shallRun ? [{ kind: 'start' as const, id }] : []),
  ];
  const isReplaced = needs.has('rebuild') || needs.has('exchange');
  return {
    action: acts.length === 0 ? 'none' : needs.has('rebuild') ? 'replace' : 'change',
    cost: isReplaced ? 'replace' : isRestarted && shallRun ? 'restart' : 'none',
    notes: [
      ...(needs.has('rebuild') ? ['rebuilt: what is on its root disk is lost'] : []),
      ...(acts.some(({ kind }) => kind === 'detach-disk') ? [KEPT] : []),
    ],
    acts,
  };
}

const KEPT = 'the file of a disk of its own that is taken away is kept: novalet disk list shows it';

/** A launch, and what is plugged in after it: where the bus takes nothing while the guest runs, with the guest off. */
export function launchActs(wanted: WantedInstance): readonly InstanceAct[] {
  const { name: id, disks = [], state } = wanted;
  const attached = disks.map((disk) => ({ kind: 'attach-disk' as const, id, disk }));
  const launch = { kind: 'launch' as const, wanted };
  if (state === 'stopped' || !disks.some(isCold)) return [launch, ...attached];
  return [launch, { kind: 'stop', id }, ...attached, { kind: 'start', id }];
}

/** Once of each kind, but for those of which each is another. */
function inOrder(acts: readonly InstanceAct[]): readonly InstanceAct[] {
  return ORDER.flatMap((kind) => {
    const some = acts.filter((act) => act.kind === kind);
    return MANY.has(kind) ? some : some.slice(0, 1);
  });
}

/** A resize to the flavor that is wanted, which nobody has confirmed: what a process left that died, or a person. */
function endsResize({ vmState, flavor }: Instance, wanted: Flavor | undefined): boolean {
  if (vmState !== 'resized' || wanted === undefined) return false;
  return flavor.name === wanted.name && flavorDifferences(flavor, wanted).length === 0;
}

function isResize({ acts }: Change): boolean {
  return acts.some(({ kind }) => kind === 'resize');
}

function isMoreThanRecord({ kind }: InstanceAct): boolean {
  return kind !== 'change-record';
}

interface Obstacles {
  readonly state: VmState;
  readonly touches: boolean;
  readonly mayWake: boolean;
  readonly isPutAside: boolean;
}

function problemOf({ name }: Instance, { state, touches, mayWake, isPutAside }: Obstacles): string | null {
  if (state === 'building') return 'it is being built by somebody else';
  if (state === 'error')
    return `it is in error: novalet show ${name} says why, novalet reboot --hard ${name} repairs most`;
  if (state === 'rescued') return `it is being rescued: novalet unrescue ${name}`;
  if (state === 'resized' && (touches || mayWake))
    return `its resize waits to be confirmed or reverted: novalet resize ${name} --confirm`;
  if (isPutAside && touches && !mayWake)
    return `it is ${state.replace('_', ' and ')}, and the file does not say state: active or stopped`;
  return null;
}

function stateDifference({ state: wanted }: WantedInstance, state: VmState): readonly Difference[] {
  return wanted === undefined || wanted === state ? [] : [{ key: 'state', from: state, to: wanted }];
}
