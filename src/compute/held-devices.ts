// Which of the host's PCI devices are somebody's. Pure.
import type { Instance } from '../model/index.ts';

/**
 * Addresses with the names of their holders: every instance's, those that are being built or deleted too. One that was
 * resized holds what it had and what it has, until it is said which it keeps.
 */
export function heldDevices(
  instances: readonly Pick<Instance, 'name' | 'hardware' | 'resize'>[],
): ReadonlyMap<string, string> {
  return new Map(
    instances.flatMap(({ name, hardware, resize }) =>
      [...hardware.pciDevices, ...(resize?.hardware.pciDevices ?? [])].map((address) => [address, name]),
    ),
  );
}
