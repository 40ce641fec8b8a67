// What an instance's state is, from its record and from what libvirt shows. Pure.
import type { Instance, PowerState, TaskState, VmState } from '../model/index.ts';

/**
 * The state the instance is really in: a guest that powered itself off is stopped, and one that somebody paused is paused,
 * whatever the record says. A suspended one is off for libvirt; whether its memory is still kept is seen by whoever resumes it.
 */
export function observedState(instance: Instance, power: PowerState): VmState {
  switch (instance.vmState) {
    case 'building':
    case 'rescued':
    case 'resized':
    case 'shelved':
    case 'shelved_offloaded':
    case 'error':
    case 'deleted':
      return instance.vmState;
    case 'active':
    case 'paused':
    case 'suspended':
    case 'stopped':
      if (power === 'PAUSED') return 'paused';
      if (power === 'RUNNING' || power === 'SUSPENDED') return 'active';
      return instance.vmState === 'suspended' ? 'suspended' : 'stopped';
    default:
      return instance.vmState satisfies never;
  }
}

const STATUSES: Readonly<Record<Exclude<VmState, 'active'>, string>> = {
  building: 'BUILD',
  paused: 'PAUSED',
  suspended: 'SUSPENDED',
  stopped: 'SHUTOFF',
  rescued: 'RESCUE',
  resized: 'VERIFY_RESIZE',
  shelved: 'SHELVED',
  shelved_offloaded: 'SHELVED_OFFLOADED',
  error: 'ERROR',
  deleted: 'DELETED',
};

/** While these are done, that is what the API calls the instance. */
const BUSY_STATUSES: Partial<Readonly<Record<NonNullable<TaskState>, string>>> = {
  rebooting: 'REBOOT',
  rebooting_hard: 'HARD_REBOOT',
  rebuilding: 'REBUILD',
  rebuild_spawning: 'REBUILD',
  resize_prep: 'RESIZE',
  resize_migrating: 'RESIZE',
  resize_finish: 'RESIZE',
  resize_reverting: 'REVERT_RESIZE',
};

/** Nova's API status (nova/api/openstack/common.py) of what was observed. */
export function apiStatus(instance: Instance, power: PowerState): string {
  const state = observedState(instance, power);
  const busy = instance.taskState === null ? undefined : BUSY_STATUSES[instance.taskState];
  if (busy !== undefined && state !== 'error') return busy;
  if (state !== 'active') return STATUSES[state];
  return power === 'SUSPENDED' ? 'SUSPENDED' : 'ACTIVE';
}
