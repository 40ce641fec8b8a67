// What is said to whoever asks for an action that may not begin.
import { Fault } from '../base/index.ts';
import {
  type Action,
  type Instance,
  isLockedOut,
  mayBegin,
  type PowerState,
  type VmState,
} from '../model/index.ts';
import { observedState } from './reconcile.ts';

/** Throws `INSTANCE_STATE_CONFLICT` when `action` may not begin in `state`. */
export function requireState(instance: Instance, action: Action, state: VmState): void {
  if (!mayBegin(action, state)) throw conflict(instance, action, state, cureOf(action, state));
}

/**
 * The same of what only a guest that is on can be asked for: one that is off, and by its state need not be, is told as
 * stopped, with the cure of its state.
 */
export function requireOn(instance: Instance, action: Action, power: PowerState): void {
  const state = observedState(instance, power);
  requireState(instance, action, state);
  if (power === 'PAUSED' && !mayBegin(action, 'paused'))
    throw conflict(instance, action, 'paused', CURES[state]); // a rescued one, for example
  if (power !== 'RUNNING' && power !== 'SUSPENDED' && power !== 'PAUSED')
    throw conflict(instance, action, 'stopped', CURES[state]);
}

/** What brings a guest that is off on again, by what its state allows: for a rescued one `start` is refused. */
export function cureWhileOff(instance: Instance): string {
  return cureOfState(instance, observedState(instance, 'SHUTDOWN'));
}

/** What lets a guest that is paused go on. */
export function cureWhilePaused(instance: Instance): string {
  return cureOfState(instance, observedState(instance, 'PAUSED'));
}

function cureOfState({ name }: Instance, state: VmState): string {
  return CURES[state].replaceAll('NAME', name);
}

function conflict({ name }: Instance, action: Action, state: VmState, cure: string): Fault {
  const message = `${WORDS[action].replace('NAME', name)} while it is ${ADJECTIVES[state]}`;
  return new Fault('conflict', 'INSTANCE_STATE_CONFLICT', message, {
    hint: cure.replaceAll('NAME', name),
    details: { state, action },
  });
}

/** Throws `INSTANCE_LOCKED`. */
export function requireUnlocked(instance: Instance, action: Action): void {
  if (instance.lock === null || !isLockedOut(action)) return;
  const { reason } = instance.lock;
  throw new Fault(
    'conflict',
    'INSTANCE_LOCKED',
    `${WORDS[action].replace('NAME', instance.name)}: it is locked${reason === null ? '' : ` (${reason})`}`,
    { hint: `Take the lock off first: novalet unlock ${instance.name}`, details: { action } },
  );
}

/** Throws `INSTANCE_ADOPTED` for one whose disks and definition are not novalet's to change. */
export function requireOwn(instance: Instance, action: Action): void {
  if (instance.adoption === null) return;
  throw new Fault(
    'unsupported',
    'INSTANCE_ADOPTED',
    `${WORDS[action].replace('NAME', instance.name)}: it was adopted, and its disks and its definition are not novalet's`,
    {
      hint: `Do it with the program that made it, or with virsh; its domain is ${instance.domainName}.`,
      details: { action },
    },
  );
}

/** Where what is asked for can be had another way, or is there already, that is better than another state. */
function cureOf(action: Action, state: VmState): string {
  if (action === 'change-disk' && state === 'active')
    return 'Leave out --offline to have its agent do it, or stop it first: novalet stop NAME';
  if (AIMS[action]?.includes(state)) return `It is ${ADJECTIVES[state]} already.`;
  if (ENDS.has(action) && state !== 'building')
    return 'There is nothing of the kind to end: novalet show NAME';
  return CURES[state];
}

/** The states that an action aims at, or that are further along the same way. */
const AIMS: Partial<Readonly<Record<Action, readonly VmState[]>>> = {
  start: ['active'],
  stop: ['stopped', 'shelved', 'shelved_offloaded'],
  pause: ['paused'],
  suspend: ['suspended'],
  shelve: ['shelved', 'shelved_offloaded'],
  'shelve-offload': ['shelved_offloaded'],
};

/** What takes an instance out of one state of its own. */
const ENDS: ReadonlySet<Action> = new Set([
  'unpause',
  'resume',
  'unshelve',
  'unrescue',
  'resize-confirm',
  'resize-revert',
]);

/** NAME stands for the instance's, here and below. */
const WORDS: Readonly<Record<Action, string>> = {
  start: 'Cannot start instance NAME',
  stop: 'Cannot stop instance NAME',
  reboot: 'Cannot reboot instance NAME',
  'reboot-hard': 'Cannot reboot instance NAME',
  pause: 'Cannot pause instance NAME',
  unpause: 'Cannot unpause instance NAME',
  suspend: 'Cannot suspend instance NAME',
  resume: 'Cannot resume instance NAME',
  shelve: 'Cannot shelve instance NAME',
  'shelve-offload': 'Cannot offload instance NAME',
  unshelve: 'Cannot unshelve instance NAME',
  rescue: 'Cannot rescue instance NAME',
  unrescue: 'Cannot end the rescue of instance NAME',
  rebuild: 'Cannot rebuild instance NAME',
  resize: 'Cannot resize instance NAME',
  'resize-confirm': 'Cannot confirm a resize of instance NAME',
  'resize-revert': 'Cannot revert a resize of instance NAME',
  'change-size': 'Cannot change the size of instance NAME',
  clone: 'Cannot clone instance NAME',
  'create-image': 'Cannot make an image of instance NAME',
  'create-snapshot': 'Cannot make a snapshot of instance NAME',
  'restore-snapshot': 'Cannot restore a snapshot of instance NAME',
  'remove-snapshot': 'Cannot remove a snapshot of instance NAME',
  'create-backup': 'Cannot back up instance NAME',
  'restore-backup': 'Cannot restore a backup of instance NAME',
  export: 'Cannot export instance NAME',
  'attach-interface': 'Cannot attach a network interface to instance NAME',
  'detach-interface': 'Cannot detach a network interface from instance NAME',
  'attach-disk': 'Cannot attach a disk to instance NAME',
  'detach-disk': 'Cannot detach a disk from instance NAME',
  'change-medium': 'Cannot change the CD of instance NAME',
  'grow-disk': 'Cannot grow a disk of instance NAME',
  'change-share': 'Cannot change the shared folders of instance NAME',
  'open-console': 'Cannot open the console of instance NAME',
  'send-keys': 'Cannot press keys of instance NAME',
  nmi: 'Cannot interrupt instance NAME',
  diagnostics: 'Cannot read the diagnostics of instance NAME',
  delete: 'Cannot delete instance NAME',
  lock: 'Cannot lock instance NAME',
  unlock: 'Cannot unlock instance NAME',
  'change-record': 'Cannot change instance NAME',
  exec: 'Cannot reach into instance NAME',
  'set-password': 'The agent of instance NAME cannot be asked',
  'change-disk': 'The disk of instance NAME cannot be changed offline',
};

const ADJECTIVES: Readonly<Record<VmState, string>> = {
  building: 'being built',
  active: 'running',
  paused: 'paused',
  suspended: 'suspended',
  stopped: 'stopped',
  rescued: 'rescued',
  resized: 'resized and waits for a word whether it stays so',
  shelved: 'shelved',
  shelved_offloaded: 'shelved and offloaded',
  error: 'in error',
  deleted: 'deleted',
};

const CURES: Readonly<Record<VmState, string>> = {
  building: 'Wait until it is built: novalet wait NAME ACTIVE',
  active: 'Stop it first: novalet stop NAME',
  paused: 'Unpause it first: novalet unpause NAME',
  suspended: 'Resume it first: novalet resume NAME',
  stopped: 'Start it first: novalet start NAME',
  rescued: 'End the rescue first: novalet unrescue NAME',
  resized: 'Say which first: novalet resize NAME --confirm, or --revert',
  shelved: 'Unshelve it first: novalet unshelve NAME',
  shelved_offloaded: 'Unshelve it first: novalet unshelve NAME',
  error:
    'See why with novalet show NAME; novalet reboot --hard NAME repairs what can be, novalet delete NAME removes it.',
  deleted: 'It is gone.',
};
