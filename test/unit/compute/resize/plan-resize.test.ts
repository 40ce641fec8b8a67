// What a resize is refused for before anything stops, and what its record is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadSettings } from '../../../../src/app/configuration.ts';
import { GIB, isFault } from '../../../../src/base/index.ts';
import { planResize, type ResizeContext } from '../../../../src/compute/resize/plan-resize.ts';
import type { Flavor, Image } from '../../../../src/model/index.ts';
import { aFlavor, aRootDisk } from '../../../support/samples.ts';
import { anInstance } from '../../store/an-instance.ts';

const flavor = aFlavor();
const large: Flavor = { ...flavor, name: 'large', vcpus: 2, memoryMiB: 512, rootGiB: 2 };
const instance = anInstance({
  flavor,
  vmState: 'active',
  numa: null,
  disks: [aRootDisk()],
});
const image: Image = {
  id: instance.image.id,
  name: 'i',
  diskFormat: 'qcow2',
  minDiskGiB: 0,
  minRamMiB: 200,
  sizeBytes: 1,
  virtualSizeBytes: GIB,
  sha256: '',
  properties: {},
  createdAt: '2026-01-01T00:00:00.000Z',
};
const context: ResizeContext = {
  settings: await loadSettings({ env: { NOVALET_STATE_DIR: '/state' }, uid: 0 }),
  instances: '/state/instances',
  host: { arch: 'x86_64' },
  hostMemoryMiB: 4096,
  limits: { tpmModels: [], ioUring: true },
  pci: { devices: [], held: new Map() },
  hostCells: [],
  numaRoom: () => assert.fail('nobody asked for a place'),
  image,
  at: '2026-01-02T00:00:00.000Z',
};

test('the record has the new flavor, and keeps what it can go back to', () => {
  const planned = planResize(instance, large, context);
  assert.equal(planned.flavor, large);
  assert.deepEqual(
    planned.disks.map(({ sizeBytes }) => sizeBytes),
    [2 * GIB],
  );
  assert.deepEqual(planned.hardware, instance.hardware);
  const { flavor: old, hardware, numa, disks } = instance;
  assert.deepEqual(planned.resize, { flavor: old, hardware, numa, disks, wasRunning: true, at: context.at });
  assert.equal(planResize({ ...instance, vmState: 'stopped' }, large, context).resize?.wasRunning, false);
});

test('what cannot be is refused by its name', () => {
  const refused: readonly [Flavor, Partial<ResizeContext>, string][] = [
    [{ ...flavor }, {}, 'RESIZE_SAME_FLAVOR'],
    [{ ...large, rootGiB: 0 }, {}, 'RESIZE_SHRINKS'],
    [{ ...large, memoryMiB: 5000 }, {}, 'HOST_MEMORY_TOO_SMALL'],
    [{ ...large, memoryMiB: 100 }, {}, 'FLAVOR_MEMORY_TOO_SMALL'],
    [large, { image: { ...image, minDiskGiB: 3 } }, 'FLAVOR_DISK_TOO_SMALL'],
    [{ ...large, extraSpecs: { 'os:secure_boot': 'required' } }, {}, 'RESIZE_FIRMWARE_FIXED'],
    [{ ...large, extraSpecs: { 'hw:tpm_version': '2.0' } }, {}, 'TPM_ABSENT'],
    [{ ...large, extraSpecs: { 'pci_passthrough:alias': 'gpu:1' } }, {}, 'PCI_ALIAS_UNKNOWN'],
  ];
  for (const [wanted, facts, code] of refused) {
    assert.throws(
      () => planResize(instance, wanted, { ...context, ...facts }),
      (error) => isFault(error, code),
      code,
    );
  }
});

test('a flavor made anew under its name is another one, and an image that is gone stands in no way', () => {
  assert.equal(planResize(instance, { ...flavor, vcpus: 4 }, context).flavor.vcpus, 4);
  assert.equal(
    planResize(instance, { ...large, memoryMiB: 100 }, { ...context, image: null }).flavor.memoryMiB,
    100,
  );
});

test('room to grow while it runs stays, and is never less than the flavor', () => {
  const hardware = { ...instance.hardware, maxima: { vcpus: 4, memoryMiB: 300 } };
  assert.deepEqual(planResize({ ...instance, hardware }, large, context).hardware.maxima, {
    vcpus: 4,
    memoryMiB: 512,
  });
});
