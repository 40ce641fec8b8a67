// Devices of the host that a shelved instance gave up, and what it finds when it comes back. No machine of ours can give a device
// away: the devices are made up.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../../src/base/index.ts';
import { placeUnshelved, type UnshelveRoom } from '../../../../src/compute/life/unshelved-place.ts';
import type { HostPciDevice } from '../../../../src/host/index.ts';
import type { Instance } from '../../../../src/model/index.ts';
import { anInstance } from '../../store/an-instance.ts';

const [FIRST, SECOND] = ['0000:3b:00.0', '0000:86:00.0'] as const;
const LARGE = { total: 1e15, reserved: 0, ratio: 1 };
const SETTINGS = {
  cpuDedicatedSet: null,
  cpuSharedSet: null,
  pci: { devices: [{}], aliases: [{ name: 'gpu', match: { vendorId: '10de' } }] },
};

function device(address: string): HostPciDevice {
  return {
    address,
    vendorId: '10de',
    productId: '20f1',
    type: 'type-PCI',
    physicalFunction: null,
    iommuGroup: 7,
    numaNode: null,
  };
}

function room(...addresses: readonly string[]): UnshelveRoom {
  return {
    inventories: { vcpus: LARGE, memoryMiB: LARGE, diskBytes: LARGE },
    facts: { cells: [] },
    hugePages: new Map(),
    pciDevices: addresses.map(device),
  };
}

function withDevice(name: string, address: string, changes: Partial<Instance> = {}): Instance {
  const { flavor, hardware } = anInstance();
  return anInstance({
    id: `${name.padEnd(8, '0').slice(0, 8)}-0000-4000-8000-000000000001`,
    name,
    flavor: { ...flavor, extraSpecs: { 'pci_passthrough:alias': 'gpu:1' } },
    hardware: { ...hardware, pciDevices: [address] },
    vmState: 'active',
    ...changes,
  });
}

const shelved = withDevice('aaaa', FIRST, { vmState: 'shelved' });

test('its own device is taken again where nobody has it meanwhile', () => {
  const placed = placeUnshelved(shelved, [shelved], room(FIRST, SECOND), SETTINGS);
  assert.deepEqual([placed.hardware.pciDevices, placed.taskState], [[FIRST], 'unshelving']);
});

test('where another instance has its device, it gets one that is free', () => {
  const other = withDevice('bbbb', FIRST);
  const placed = placeUnshelved(shelved, [shelved, other], room(FIRST, SECOND), SETTINGS);
  assert.deepEqual(placed.hardware.pciDevices, [SECOND]);
});

test('where none is free it is refused, with the name of who has it; one that is shelved too has none', () => {
  const other = withDevice('bbbb', FIRST);
  const place = (all: readonly Instance[]) => placeUnshelved(shelved, all, room(FIRST), SETTINGS);
  assert.throws(
    () => place([shelved, other]),
    (error) => isFault(error, 'PCI_DEVICES_EXHAUSTED') && error.message.endsWith(`held: ${FIRST} by bbbb`),
  );
  const placed = place([shelved, { ...other, vmState: 'shelved_offloaded' }]);
  assert.deepEqual(placed.hardware.pciDevices, [FIRST]);
});

test('an instance whose flavor asks for no device is placed without a look at them', () => {
  const plain = anInstance({ vmState: 'shelved' });
  const placed = placeUnshelved(plain, [plain], room(), SETTINGS);
  assert.deepEqual(placed, { ...plain, taskState: 'unshelving' });
});
