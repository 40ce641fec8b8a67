import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault, isFault } from '../../../src/base/index.ts';
import { choosePciDevices, type PciRequest } from '../../../src/compute/choose-pci.ts';
import { type PciAffinity, pciAffinity } from '../../../src/compute/pci-affinity.ts';
import type { HostPciDevice } from '../../../src/host/index.ts';
import type { NumaPlacement, PlacedCell } from '../../../src/model/index.ts';

function device(address: string, changes: Partial<HostPciDevice> = {}): HostPciDevice {
  return {
    address,
    vendorId: '10de',
    productId: '20f1',
    type: 'type-PCI',
    physicalFunction: null,
    iommuGroup: 7,
    numaNode: null,
    ...changes,
  };
}

const GPUS = [device('0000:3b:00.0'), device('0000:86:00.0')];
const NIC = device('0000:5e:00.0', { vendorId: '8086', productId: '1572', type: 'type-PF' });
const VFS = ['0000:5e:02.0', '0000:5e:02.1'].map((address) =>
  device(address, { vendorId: '8086', productId: '154c', type: 'type-VF', physicalFunction: NIC.address }),
);

function request(changes: Partial<PciRequest> = {}): PciRequest {
  return {
    wanted: [{ alias: 'gpu', count: 1 }],
    settings: {
      devices: [{ vendorId: '10DE' }, { address: '*:5e:*.*' }],
      aliases: [
        { name: 'gpu', match: { vendorId: '10de', productId: '20f1' } },
        { name: 'vf', match: { vendorId: '8086' }, deviceType: 'type-VF' },
        { name: 'nic', match: { address: '0000:5e:00.0' }, deviceType: 'type-PF' },
        { name: 'any-intel', match: { vendorId: '8086' } },
      ],
    },
    devices: [...GPUS, NIC, ...VFS],
    held: new Map(),
    affinity: null,
    ...changes,
  };
}

function faultOf(changes: Partial<PciRequest>): Fault {
  try {
    choosePciDevices(request(changes));
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  return assert.fail('no fault was thrown');
}

test('a guest gets as many devices as it asks for, none of them twice', () => {
  assert.deepEqual(choosePciDevices(request()), ['0000:3b:00.0']);
  const wanted = [
    { alias: 'gpu', count: 1 },
    { alias: 'vf', count: 2 },
    { alias: 'gpu', count: 1 },
  ];
  assert.deepEqual(choosePciDevices(request({ wanted })), [
    '0000:3b:00.0',
    '0000:5e:02.0',
    '0000:5e:02.1',
    '0000:86:00.0',
  ]);
  assert.deepEqual(choosePciDevices(request({ wanted: [] })), []);
});

test('what another instance holds is passed over, and the refusal says who has it', () => {
  const held = new Map([['0000:3b:00.0', 'calm-otter']]);
  assert.deepEqual(choosePciDevices(request({ held })), ['0000:86:00.0']);
  const fault = faultOf({ held, wanted: [{ alias: 'gpu', count: 2 }] });
  assert.equal(fault.code, 'PCI_DEVICES_EXHAUSTED');
  assert.match(fault.message, /asks for 2 PCI devices "gpu".*has 2; held: 0000:3b:00\.0 by calm-otter/);
});

test('devices that the configuration does not offer are nobody’s', () => {
  const settings = { ...request().settings, devices: [{ address: '0000:86' }] };
  assert.deepEqual(choosePciDevices(request({ settings })), ['0000:86:00.0']);
  assert.match(faultOf({ settings: { ...settings, devices: [] } }).message, /this host has 0$/);
});

test('a physical function is given only by name, and never beside one of its own virtual functions', () => {
  assert.deepEqual(choosePciDevices(request({ wanted: [{ alias: 'any-intel', count: 1 }] })), [
    '0000:5e:02.0',
  ]);
  const nic = [{ alias: 'nic', count: 1 }];
  assert.deepEqual(choosePciDevices(request({ wanted: nic })), ['0000:5e:00.0']);
  assert.equal(
    faultOf({ wanted: nic, held: new Map([['0000:5e:02.1', 'b']]) }).code,
    'PCI_DEVICES_EXHAUSTED',
  );
  const heldWhole = new Map([['0000:5e:00.0', 'a']]);
  assert.equal(
    faultOf({ wanted: [{ alias: 'vf', count: 1 }], held: heldWhole }).code,
    'PCI_DEVICES_EXHAUSTED',
  );
});

test('an alias that nobody named is refused with the nearest one', () => {
  const fault = faultOf({ wanted: [{ alias: 'gpus', count: 1 }] });
  assert.equal(fault.code, 'PCI_ALIAS_UNKNOWN');
  assert.equal(fault.hint, 'Did you mean gpu?');
  assert.equal(fault.details['key'], 'pci_passthrough:alias');
});

test('without an IOMMU no device can be given away', () => {
  const devices = [device('0000:3b:00.0', { iommuGroup: null })];
  const fault = faultOf({ devices });
  assert.equal(fault.code, 'PCI_NO_IOMMU');
  assert.match(fault.message, /0000:3b:00\.0/);
});

const NODES = [
  device('0000:3b:00.0', { numaNode: 0 }),
  device('0000:86:00.0', { numaNode: 1 }),
  device('0000:87:00.0', { numaNode: 2 }),
  device('0000:88:00.0'),
];

/** A guest on cell 1; cells 1 and 2 are on one socket. */
function near(policy: PciAffinity['policy'], count: number): readonly string[] {
  const affinity = { policy, cells: [1], socketCells: [1, 2] };
  const wanted = [{ alias: 'gpu', count }];
  return choosePciDevices(request({ devices: NODES, wanted, affinity }));
}

test('a guest on a cell gets devices that are as near as its policy says, the nearest first', () => {
  assert.deepEqual(near('required', 1), ['0000:86:00.0']);
  assert.deepEqual(near('legacy', 2), ['0000:86:00.0', '0000:88:00.0']);
  assert.deepEqual(near('socket', 2), ['0000:86:00.0', '0000:87:00.0']);
  assert.deepEqual(near('preferred', 4), ['0000:86:00.0', '0000:3b:00.0', '0000:87:00.0', '0000:88:00.0']);
});

test('a guest for which too few devices are near enough is refused, and told where it is', () => {
  for (const [policy, count] of [
    ['required', 2],
    ['legacy', 3],
    ['socket', 3],
    ['preferred', 5],
  ] as const) {
    assert.throws(
      () => near(policy, count),
      (error) => isFault(error, 'PCI_DEVICES_EXHAUSTED') && error.message.includes(`cells (1, ${policy})`),
      policy,
    );
  }
});

test("the policy is the flavor's or the image's, and a guest on no cell takes any device", () => {
  const hostCells = [0, 1, 2].map((id) => ({ id, cpus: [{ socket: id === 0 ? 0 : 1 }] }));
  const key = 'hw:pci_numa_affinity_policy';
  const of = (extraSpecs: Record<string, string>, properties: Record<string, string>, on: number | null) =>
    pciAffinity({ flavor: { extraSpecs }, image: { properties }, placement: placementOn(on), hostCells });
  assert.deepEqual(of({}, {}, 1), { policy: 'legacy', cells: [1], socketCells: [1, 2] });
  assert.equal(of({ [key]: 'required' }, {}, 0)?.policy, 'required');
  assert.equal(of({}, { hw_pci_numa_affinity_policy: 'socket' }, 0)?.policy, 'socket');
  assert.equal(of({ [key]: 'required' }, {}, null), null);
  assert.throws(
    () => of({ [key]: 'required' }, { hw_pci_numa_affinity_policy: 'socket' }, 0),
    (error) => isFault(error, 'FLAVOR_IMAGE_CONFLICT'),
  );
});

function placementOn(hostCell: number | null): NumaPlacement {
  const cell: PlacedCell = {
    hostCell,
    memoryMiB: 64,
    pins: [],
    floating: [0],
    floatingCpus: [0],
    pageSizeKiB: null,
    hasHugePages: false,
    heldCpus: [],
  };
  return { cells: [cell], emulatorCpus: [], isMemoryShared: false, realtimeVcpus: [], isMemoryLocked: false };
}
