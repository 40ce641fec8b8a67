// Which of the host's PCI devices are somebody's. Pure.
import type { Instance } from '../model/index.ts';
import { isAway } from './claims/claim.ts';

/**
 * Addresses with the names of their holders: every instance's, those that are being built or deleted too, but for the
 * shelved. One that was resized holds what it had and what it has, until it is said which it keeps.
 */
export function heldDevices(
  instances: readonly Pick<Instance, 'name' | 'hardware' | 'resize' | 'vmState' | 'taskState'>[],
): ReadonlyMap<string, string> {
  return new Map(
    instances
      .filter((instance) => !isAway(instance))
      .flatMap(({ name, hardware, resize }) =>
        [...hardware.pciDevices, ...(resize?.hardware.pciDevices ?? [])].map((address) => [address, name]),
      ),
  );
}
