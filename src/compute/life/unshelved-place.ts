// Where on its host an unshelved instance goes: what it gave up with the rest is chosen anew, as Nova does it. Pure.
import type { HostPciDevice, HugePagePool } from '../../host/index.ts';
import type { Instance } from '../../model/index.ts';
import { type Inventories, requireRoom } from '../claims/claim.ts';
import type { EngineHostFacts } from '../engine-host.ts';
import { heldDevices } from '../held-devices.ts';
import { hostRoom } from '../numa/host-room.ts';
import { pciDevicesFor, placementFor } from '../plan-launch.ts';
import type { Settings } from '../settings.ts';

/** What the host has, as it was just read. */
export interface UnshelveRoom {
  readonly inventories: Inventories;
  readonly facts: Pick<EngineHostFacts, 'cells'>;
  readonly hugePages: ReadonlyMap<number, readonly HugePagePool[]>;
  readonly pciDevices: readonly HostPciDevice[];
}

/**
 * The record as it is to be, with processors and devices that nobody has. `all`: every instance, itself too. Throws `HOST_FULL`,
 * `NUMA_NO_ROOM`, `PCI_DEVICES_EXHAUSTED` and the other faults of a flavor's devices.
 */
export function placeUnshelved(
  current: Instance,
  all: readonly Instance[],
  { inventories, facts, hugePages, pciDevices }: UnshelveRoom,
  settings: Pick<Settings, 'cpuDedicatedSet' | 'cpuSharedSet' | 'pci'>,
): Instance {
  const wanted: Instance = { ...current, taskState: 'unshelving' };
  requireRoom(inventories, all, wanted);
  const others = all.filter(({ id }) => id !== current.id);
  const numaRoom = () =>
    hostRoom({
      cells: facts.cells,
      hugePages,
      dedicatedSet: settings.cpuDedicatedSet,
      sharedSet: settings.cpuSharedSet,
      instances: others,
    });
  const numa = current.numa === null ? null : placementFor(current, { numaRoom });
  if (!wantsPci(current)) return { ...wanted, numa };
  const pci = { devices: pciDevices, held: heldDevices(others) };
  const chosen = pciDevicesFor(current, { pci, hostCells: facts.cells, settings }, numa);
  return { ...wanted, numa, hardware: { ...current.hardware, pciDevices: chosen } };
}

/** Whether its flavor asks for devices of the host. */
export function wantsPci({ flavor }: Pick<Instance, 'flavor'>): boolean {
  return flavor.extraSpecs['pci_passthrough:alias'] !== undefined;
}
