// What an instance's state is, from its record and from what libvirt shows. Pure.
import type { Instance, PowerState, VmState } from '../model/index.ts';

/** The state the instance is really in: a guest that powered itself off is stopped, whatever the record says. */
export function observedState(instance: Instance, power: PowerState): VmState {
  switch (instance.vmState) {
    case 'building':
    case 'error':
    case 'deleted':
      return instance.vmState;
    case 'active':
    case 'stopped':
      if (power === 'RUNNING' || power === 'PAUSED' || power === 'SUSPENDED') return 'active';
      return 'stopped';
    default:
      return instance.vmState satisfies never;
  }
}

/** Nova's API status (nova/api/openstack/common.py) of what was observed. */
export function apiStatus(instance: Instance, power: PowerState): string {
  const state = observedState(instance, power);
  switch (state) {
    case 'building':
      return 'BUILD';
    case 'error':
      return 'ERROR';
    case 'deleted':
      return 'DELETED';
    case 'stopped':
      return 'SHUTOFF';
    case 'active':
      return activeStatus(instance, power);
    default:
      return state satisfies never;
  }
}

function activeStatus(instance: Instance, power: PowerState): string {
  if (instance.taskState === 'rebooting') return 'REBOOT';
  if (instance.taskState === 'rebooting_hard') return 'HARD_REBOOT';
  if (power === 'PAUSED') return 'PAUSED';
  if (power === 'SUSPENDED') return 'SUSPENDED';
  return 'ACTIVE';
}
