// A model of an instance's life, for fast-check: what the record must say, what libvirt must show, and what must be left on
// disk after any sequence of actions, and of things done behind novalet's back.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isFault } from '../../../src/base/index.ts';
import type { Compute } from '../../../src/compute/index.ts';
import { type Action, isLockedOut, mayBegin, type VmState } from '../../../src/model/index.ts';

/** What the model asks of either world. */
export type Living = Pick<
  Compute,
  | 'start'
  | 'stop'
  | 'reboot'
  | 'pause'
  | 'unpause'
  | 'suspend'
  | 'resume'
  | 'lock'
  | 'unlock'
  | 'rename'
  | 'change'
  | 'show'
>;

export interface Real {
  readonly id: string;
  readonly compute: Living;
  /** Things that somebody does with virsh. */
  readonly virsh: Readonly<Record<Meddling, () => Promise<void>>>;
  /** What libvirt and the disks show, looked at past the engine. */
  look(): Promise<Seen>;
}

export interface Seen {
  readonly domain: 'running' | 'paused' | 'off' | 'none';
  readonly hasSavedMemory: boolean;
  /** Of the files that no action of these may touch, by name: a digest, or what the guest reads in them. */
  readonly disks: Readonly<Record<string, string>>;
}

export interface Model {
  state: Extract<VmState, 'active' | 'paused' | 'suspended' | 'stopped'>;
  isDefined: boolean;
  hasSavedMemory: boolean;
  isLocked: boolean;
  name: string;
  role: string;
  readonly disks: Seen['disks'];
}

export const FRESH: Readonly<Omit<Model, 'disks'>> = {
  state: 'stopped',
  isDefined: true,
  hasSavedMemory: false,
  isLocked: false,
  name: 'first',
  role: 'none',
};

type Meddling = 'destroy' | 'suspend' | 'resume' | 'undefine' | 'drop-saved-memory';
type Step = fc.AsyncCommand<Model, Real>;

interface Act {
  readonly action: Action;
  readonly ask: (real: Real, model: Model) => Promise<unknown>;
  /** What becomes of the model when it may begin. A code is that of the fault which it ends with all the same. */
  readonly effect: (model: Model) => string | undefined;
}

function becomes(state: Model['state'], more: Partial<Model> = {}): Act['effect'] {
  return (model) => void Object.assign(model, { state, ...more });
}

const ACTS: readonly Act[] = [
  {
    action: 'start',
    ask: ({ compute, id }) => compute.start(id),
    effect: becomes('active', { isDefined: true }),
  },
  { action: 'stop', ask: ({ compute, id }) => compute.stop(id, { force: true }), effect: becomes('stopped') },
  {
    action: 'reboot-hard',
    ask: ({ compute, id }) => compute.reboot(id, { hard: true }),
    effect: becomes('active', { isDefined: true, hasSavedMemory: false }),
  },
  { action: 'pause', ask: ({ compute, id }) => compute.pause(id), effect: becomes('paused') },
  { action: 'unpause', ask: ({ compute, id }) => compute.unpause(id), effect: becomes('active') },
  {
    action: 'suspend',
    ask: ({ compute, id }) => compute.suspend(id),
    effect: becomes('suspended', { hasSavedMemory: true }),
  },
  {
    action: 'resume',
    ask: ({ compute, id }) => compute.resume(id),
    effect: (model) => {
      const isGone = !model.hasSavedMemory;
      Object.assign(model, { state: isGone ? 'stopped' : 'active', hasSavedMemory: false });
      return isGone ? 'SAVED_MEMORY_GONE' : undefined;
    },
  },
  {
    action: 'lock',
    ask: ({ compute, id }) => compute.lock(id, { reason: 'a test' }),
    effect: (model) => void Object.assign(model, { isLocked: true }),
  },
  {
    action: 'unlock',
    ask: ({ compute, id }) => compute.unlock(id),
    effect: (model) => void Object.assign(model, { isLocked: false }),
  },
  {
    action: 'change-record',
    ask: ({ compute, id }, { name }) => compute.rename(id, otherName(name)),
    effect: (model) => void Object.assign(model, { name: otherName(model.name) }),
  },
  {
    action: 'change-record',
    ask: ({ compute, id }, { role }) => compute.change(id, { metadata: { role: `${role}x` } }),
    effect: (model) => void Object.assign(model, { role: `${model.role}x` }),
  },
];

function otherName(name: string): string {
  return name === 'first' ? 'second' : 'first';
}

/** What somebody may do with virsh, and in which states it makes sense. */
const MEDDLINGS: readonly (readonly [Meddling, (model: Model) => boolean, (model: Model) => void])[] = [
  ['destroy', isUp, (model) => void Object.assign(model, { state: 'stopped' })],
  ['suspend', ({ state }) => state === 'active', (model) => void Object.assign(model, { state: 'paused' })],
  ['resume', ({ state }) => state === 'paused', (model) => void Object.assign(model, { state: 'active' })],
  [
    'undefine',
    ({ state, isDefined }) => state === 'stopped' && isDefined,
    (model) => void Object.assign(model, { isDefined: false, hasSavedMemory: false }),
  ],
  [
    'drop-saved-memory',
    ({ hasSavedMemory }) => hasSavedMemory,
    (model) => void Object.assign(model, { hasSavedMemory: false }),
  ],
];

function isUp({ state }: Model): boolean {
  return state === 'active' || state === 'paused';
}

/** Every action, in whatever state: one that may not begin has to be refused, and to change nothing. */
export function steps(): fc.Arbitrary<Step>[] {
  return [
    ...ACTS.map((act) => fc.constant(asked(act))),
    ...MEDDLINGS.map((each) => fc.constant(meddled(...each))),
  ];
}

function asked(act: Act): Step {
  return {
    check: () => true,
    run: async (model, real) => {
      const before = { ...model };
      const expected = refusal(act, before) ?? act.effect(model);
      const got = await codeOf(() => act.ask(real, before));
      assert.equal(got, expected, `${act.action} of ${JSON.stringify(before)}`);
      await agree(model, real);
    },
    toString: () => act.action,
  };
}

function refusal({ action }: Act, model: Model): string | undefined {
  if (!mayBegin(action, model.state)) return 'INSTANCE_STATE_CONFLICT';
  return model.isLocked && isLockedOut(action) ? 'INSTANCE_LOCKED' : undefined;
}

function meddled(what: Meddling, check: (model: Model) => boolean, effect: (model: Model) => void): Step {
  return {
    check: (model) => check(model),
    run: async (model, real) => {
      await real.virsh[what]();
      effect(model);
      await agree(model, real);
    },
    toString: () => `virsh ${what}`,
  };
}

async function codeOf(work: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (isFault(error)) return error.code;
    throw error;
  }
}

const DOMAINS: Readonly<Record<Model['state'], Seen['domain']>> = {
  active: 'running',
  paused: 'paused',
  suspended: 'off',
  stopped: 'off',
};

const STATUSES: Readonly<Record<Model['state'], string>> = {
  active: 'ACTIVE',
  paused: 'PAUSED',
  suspended: 'SUSPENDED',
  stopped: 'SHUTOFF',
};

/** The record, libvirt and the disks. */
async function agree(model: Model, real: Real): Promise<void> {
  const { status, instance } = await real.compute.show(real.id);
  assert.deepEqual(
    {
      status,
      task: instance.taskState,
      fault: instance.fault,
      isLocked: instance.lock !== null,
      name: instance.name,
      role: instance.metadata['role'],
    },
    {
      status: STATUSES[model.state],
      task: null,
      fault: null,
      isLocked: model.isLocked,
      name: model.name,
      role: model.role,
    },
  );
  assert.deepEqual(await real.look(), {
    domain: model.isDefined ? DOMAINS[model.state] : 'none',
    hasSavedMemory: model.hasSavedMemory,
    disks: model.disks,
  });
}
