// The one table of which action may begin in which state. Source: the decorators `check_instance_state` of
// nova/compute/api.py, as far as this version has the actions.
import type { VmState } from './instance.ts';

export type Action =
  | 'start'
  | 'stop'
  | 'reboot'
  | 'reboot-hard'
  | 'delete'
  | 'exec'
  | 'set-password'
  | 'change-disk';

export const TRANSITIONS: Readonly<Record<Action, readonly VmState[]>> = {
  start: ['stopped'],
  stop: ['active', 'error'],
  reboot: ['active'],
  'reboot-hard': ['active', 'stopped', 'error'],
  delete: ['building', 'active', 'stopped', 'error'],
  exec: ['active'],
  'set-password': ['active'],
  'change-disk': ['stopped'],
};

/** Whether `action` may begin in `state`. */
export function mayBegin(action: Action, state: VmState): boolean {
  return TRANSITIONS[action].includes(state);
}
