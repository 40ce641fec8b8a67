// The one table of which action may begin in which state. Source: the decorators `check_instance_state` of
// nova/compute/api.py; where a host's people need more than Nova allows, the row says so.
import { VM_STATES, type VmState } from './instance.ts';

export type Action =
  | 'start'
  | 'stop'
  | 'reboot'
  | 'reboot-hard'
  | 'pause'
  | 'unpause'
  | 'suspend'
  | 'resume'
  | 'shelve'
  | 'shelve-offload'
  | 'unshelve'
  | 'rescue'
  | 'unrescue'
  | 'rebuild'
  | 'resize'
  | 'resize-confirm'
  | 'resize-revert'
  | 'change-size'
  | 'clone'
  | 'create-image'
  | 'create-snapshot'
  | 'restore-snapshot'
  | 'remove-snapshot'
  | 'create-backup'
  | 'restore-backup'
  | 'export'
  | 'attach-interface'
  | 'detach-interface'
  | 'attach-disk'
  | 'detach-disk'
  | 'change-medium'
  | 'grow-disk'
  | 'change-share'
  | 'open-console'
  | 'send-keys'
  | 'nmi'
  | 'diagnostics'
  | 'delete'
  | 'lock'
  | 'unlock'
  | 'change-record'
  | 'exec'
  | 'set-password'
  | 'change-disk';

const ALIVE: readonly VmState[] = ['active', 'paused', 'rescued', 'resized', 'error'];
const WHOLE: readonly VmState[] = ['active', 'stopped', 'paused', 'suspended'];
const EVERY: readonly VmState[] = VM_STATES.filter((state) => state !== 'deleted');

export const TRANSITIONS: Readonly<Record<Action, readonly VmState[]>> = {
  start: ['stopped'],
  stop: ['active', 'error'],
  reboot: ['active'],
  'reboot-hard': ['active', 'stopped', 'paused', 'suspended', 'error'],
  pause: ['active'],
  unpause: ['paused'],
  suspend: ['active'],
  resume: ['suspended'],
  shelve: WHOLE,
  'shelve-offload': ['shelved'],
  unshelve: ['shelved', 'shelved_offloaded'],
  rescue: ['active', 'stopped', 'error'],
  unrescue: ['rescued'],
  rebuild: ['active', 'stopped', 'error'],
  resize: ['active', 'stopped'],
  'resize-confirm': ['resized'],
  'resize-revert': ['resized'],
  // Live CPUs and memory: not Nova's.
  'change-size': ['active', 'stopped'],
  // Not Nova's either, but what `create-image` and a launch do together.
  clone: WHOLE,
  'create-image': WHOLE,
  'create-snapshot': ['active', 'stopped', 'paused'],
  'restore-snapshot': ['active', 'stopped', 'error'],
  'remove-snapshot': ['active', 'stopped', 'paused', 'error'],
  'create-backup': ['active', 'stopped', 'paused'],
  'restore-backup': ['stopped', 'error'],
  export: WHOLE,
  'attach-interface': ['active', 'paused', 'stopped'],
  // Nova also lets a paused guest be asked, here and for disks, which cannot let go of anything.
  'detach-interface': ['active', 'stopped'],
  'attach-disk': ['active', 'paused', 'stopped', 'resized'],
  'detach-disk': ['active', 'stopped', 'resized'],
  'change-medium': ['active', 'paused', 'stopped', 'rescued'],
  'grow-disk': ['active', 'stopped'],
  'change-share': ['stopped'],
  'open-console': ALIVE,
  // QEMU drops what is pressed while its processors stand still.
  'send-keys': ['active', 'rescued', 'resized', 'error'],
  nmi: ALIVE,
  diagnostics: ALIVE,
  delete: EVERY,
  lock: EVERY,
  unlock: EVERY,
  'change-record': EVERY,
  // A rescued guest is reached into to repair it, one that was resized to see whether it likes its size.
  exec: ['active', 'rescued', 'resized'],
  'set-password': ['active', 'rescued', 'resized'],
  'change-disk': ['stopped'],
};

/** What somebody who locked an instance still lets others do: to look, to reach inside, and to copy it. */
const UNLOCKED: ReadonlySet<Action> = new Set([
  'lock',
  'unlock',
  'exec',
  'set-password',
  'open-console',
  'diagnostics',
  'create-image',
  'create-backup',
  'clone',
  'export',
]);

/** Whether `action` may begin in `state`. */
export function mayBegin(action: Action, state: VmState): boolean {
  return TRANSITIONS[action].includes(state);
}

/** Whether a lock keeps everybody from `action`. Source: `check_instance_lock` of nova/compute/api.py. */
export function isLockedOut(action: Action): boolean {
  return !UNLOCKED.has(action);
}
