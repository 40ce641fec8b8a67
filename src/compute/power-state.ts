// libvirt's domain states as Nova's power states (nova/virt/libvirt/guest.py, LIBVIRT_POWER_STATE).
import type { Domain, DomainStateName } from '../libvirt/index.ts';
import type { PowerState } from '../model/index.ts';

const POWER_STATES: Readonly<Record<DomainStateName, PowerState>> = {
  nostate: 'NOSTATE',
  running: 'RUNNING',
  blocked: 'RUNNING',
  paused: 'PAUSED',
  shutdown: 'RUNNING', // on its way: the guest still runs (Nova says SHUTDOWN; a domain in this state still holds its disks)
  shutoff: 'SHUTDOWN',
  crashed: 'CRASHED',
  pmsuspended: 'SUSPENDED',
  unknown: 'NOSTATE', // a state newer than this binding
};

export function powerStateFrom(state: DomainStateName): PowerState {
  return POWER_STATES[state];
}

/** Whether QEMU runs for it, and has its disks open. */
export async function isOn(domain: Domain | undefined): Promise<boolean> {
  return domain !== undefined && (await domain.state()).state !== 'shutoff';
}

/** NOSTATE when there is no domain. */
export async function powerStateOf(domain: Domain | undefined): Promise<PowerState> {
  if (domain === undefined) return 'NOSTATE';
  return powerStateFrom((await domain.state()).state);
}
