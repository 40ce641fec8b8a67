import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GIB } from '../../../../src/base/index.ts';
import {
  capacityBeside,
  claimOf,
  type Inventories,
  requireRoom,
} from '../../../../src/compute/claims/claim.ts';
import type { Instance } from '../../../../src/model/index.ts';
import { aFlavor, aRootDisk } from '../../../support/samples.ts';
import { anInstance } from '../../store/an-instance.ts';

const HOST: Inventories = {
  vcpus: { total: 2, reserved: 0, ratio: 4 },
  memoryMiB: { total: 4096, reserved: 512, ratio: 1.5 },
  diskBytes: { total: 100 * GIB, reserved: 10 * GIB, ratio: 1 },
};

const FLAVOR = aFlavor({ vcpus: 2, memoryMiB: 1024, rootGiB: 20 });

const ROOT = aRootDisk({ sizeBytes: 20 * GIB });

let made = 0;
function instance(changes: Partial<Instance> = {}): Instance {
  made += 1;
  const id = `id-${made}`;
  return anInstance({ id, name: id, flavor: FLAVOR, disks: [ROOT], numa: null, ...changes });
}

test('an instance holds its flavor and its disks, running or not; a shelved one its disks, an offloaded one nothing', () => {
  const whole = { vcpus: 2, memoryMiB: 1024, diskBytes: 20 * GIB };
  for (const vmState of ['building', 'active', 'stopped', 'error', 'suspended'] as const)
    assert.deepEqual(claimOf(instance({ vmState })), whole);
  assert.deepEqual(claimOf(instance({ vmState: 'shelved' })), { ...whole, vcpus: 0, memoryMiB: 0 });
  assert.deepEqual(claimOf(instance({ vmState: 'shelved_offloaded' })), {
    vcpus: 0,
    memoryMiB: 0,
    diskBytes: 0,
  });
  for (const vmState of ['shelved', 'shelved_offloaded'] as const)
    assert.deepEqual(claimOf(instance({ vmState, taskState: 'unshelving' })), whole);
});

test('a rescued one holds the disks of its rescue too, and is refused only where these do not fit', () => {
  const own = instance();
  const rescueDisk = aRootDisk({ fileName: 'disk.rescue', sizeBytes: 8 * GIB });
  const rescue = {
    image: { id: 'image', name: 'image', properties: {} },
    disks: [rescueDisk, ROOT],
    isStable: false,
  };
  const rescued = { ...own, rescue };
  assert.equal(claimOf(rescued).diskBytes, 28 * GIB);
  const full = { ...HOST, vcpus: { ...HOST.vcpus, total: 0 } };
  requireRoom(full, [own], rescued, own);
  const small = { ...full, diskBytes: { total: 27 * GIB, reserved: 0, ratio: 1 } };
  assert.throws(() => requireRoom(small, [own], rescued, own), /It needs 28 GiB of disk/);
  requireRoom(small, [own], own, own);
});

test('until a resize is confirmed, an instance holds the larger of both flavors, and the disks of both', () => {
  const resize = {
    flavor: { ...FLAVOR, vcpus: 8, memoryMiB: 512 },
    hardware: instance().hardware,
    numa: null,
    disks: [ROOT],
    wasRunning: true,
    at: '2026-01-01T00:00:00Z',
  };
  const claim = claimOf(instance({ vmState: 'resized', resize }));
  assert.deepEqual(claim, { vcpus: 8, memoryMiB: 1024, diskBytes: 40 * GIB });
});

test('pinned vCPUs are no part of what is shared', () => {
  const cell = {
    hostCell: 0,
    memoryMiB: 1024,
    pins: [{ vcpu: 0, cpu: 3 }],
    floating: [1],
    floatingCpus: [0],
    pageSizeKiB: null,
    hasHugePages: false,
    heldCpus: [3],
  };
  const numa = {
    cells: [cell],
    emulatorCpus: [],
    realtimeVcpus: [],
    isMemoryShared: false,
    isMemoryLocked: false,
  };
  assert.equal(claimOf(instance({ numa })).vcpus, 1);
});

test('the arithmetic of what is short is told, the first resource with its cure', () => {
  const others = [instance(), instance(), instance()];
  requireRoom(HOST, others, instance());
  assert.throws(() => requireRoom(HOST, [...others, instance()], instance({ name: 'late' })), {
    code: 'HOST_FULL',
    message:
      'Instance late does not fit on this host. ' +
      'It needs 2 vCPUs; of (2 - 0 reserved) x 4 = 8 others hold 8, so 0 are free. ' +
      'It needs 20 GiB of disk; of (100 GiB - 10 GiB reserved) x 1 = 90 GiB others hold 80 GiB, so 10 GiB are free.',
    hint: 'Choose a smaller flavor, delete or shelve what is not needed, or raise cpu_allocation_ratio.',
  });
});

test('an instance that is there already does not stand in its own way', () => {
  const others = [instance(), instance(), instance(), instance()];
  const [first] = others;
  assert.ok(first !== undefined);
  requireRoom(HOST, others, { ...first, flavor: { ...FLAVOR, memoryMiB: 2048 } });
  assert.throws(() => requireRoom(HOST, others, { ...first, flavor: { ...FLAVOR, memoryMiB: 2400 } }), {
    message:
      /It needs 2400 MiB of memory; of \(4096 MiB - 512 MiB reserved\) x 1.5 = 5376 MiB others hold 3072 MiB/,
  });
});

test('a host whose ratio was brought down below what is held has less than nothing free, and refuses', () => {
  const capacity = capacityBeside({ ...HOST, vcpus: { total: 2, reserved: 1, ratio: 1 } }, [instance()]);
  assert.deepEqual([capacity.vcpus.capacity, capacity.vcpus.held, capacity.vcpus.free], [1, 2, -1]);
});
