// Which disks an instance has under another flavor, and back again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault, GIB, MIB } from '../../../../src/base/index.ts';
import { addedFiles, atOldSize } from '../../../../src/compute/resize/old-size.ts';
import { clearOf, resizedDisks } from '../../../../src/compute/resize/resized-disks.ts';
import type { Disk, Volume } from '../../../../src/model/index.ts';
import { aFlavor } from '../../../support/samples.ts';
import { anInstance } from '../../store/an-instance.ts';

const small = aFlavor({ name: 'small' });

function disk(role: Disk['role'], fileName: string, target: string, sizeBytes: number): Disk {
  return { role, fileName, format: 'qcow2', device: 'disk', bus: 'virtio', target, sizeBytes };
}

const root = disk('root', 'disk', 'vda', GIB);

function volume(target: string): Volume {
  const source = { kind: 'block', path: '/dev/null' } as const;
  const attachedAt = '2026-01-01T00:00:00.000Z';
  return {
    id: 'v',
    source,
    device: 'disk',
    bus: 'virtio',
    target,
    readOnly: false,
    sizeBytes: null,
    attachedAt,
  };
}

function places(disks: readonly Disk[]): readonly string[] {
  return disks.map(({ fileName, target, sizeBytes }) => `${fileName} ${target} ${sizeBytes}`);
}

test('disks grow to the new flavor, and new ones come in the order of a launch', () => {
  const instance = anInstance({ flavor: small, disks: [root] });
  const disks = resizedDisks(instance, { ...small, name: 'big', rootGiB: 3, ephemeralGiB: 2, swapMiB: 64 });
  assert.deepEqual(places(disks), [
    `disk vda ${3 * GIB}`,
    `disk.local vdb ${2 * GIB}`,
    `disk.swap vdc ${64 * MIB}`,
  ]);
});

test('a swap disk may get smaller, or go', () => {
  const flavor = { ...small, swapMiB: 128 };
  const instance = anInstance({ flavor, disks: [root, disk('swap', 'disk.swap', 'vdb', 128 * MIB)] });
  assert.deepEqual(places(resizedDisks(instance, { ...flavor, swapMiB: 64 })), [
    `disk vda ${GIB}`,
    `disk.swap vdb ${64 * MIB}`,
  ]);
  assert.deepEqual(places(resizedDisks(instance, { ...flavor, swapMiB: 0 })), [`disk vda ${GIB}`]);
});

test('drives with documents and with the agent stay, and are what they were', () => {
  const config: Disk = {
    ...disk('config', 'disk.config', 'sda', 0),
    format: 'raw',
    device: 'cdrom',
    bus: 'sata',
    datasource: 'nocloud',
  };
  const agent: Disk = {
    ...disk('agent', 'disk.agent', 'sdb', 0),
    format: 'raw',
    device: 'cdrom',
    bus: 'sata',
  };
  const instance = anInstance({ flavor: small, disks: [root, config, agent] });
  const disks = resizedDisks(instance, { ...small, vcpus: 2 });
  assert.deepEqual(disks, [root, config, agent]);
});

test('a disk never gets smaller: not the root, not the ephemeral, not one that was grown by hand', () => {
  const flavor = { ...small, rootGiB: 20, ephemeralGiB: 4 };
  const disks = [disk('root', 'disk', 'vda', 30 * GIB), disk('ephemeral', 'disk.local', 'vdb', 4 * GIB)];
  const instance = anInstance({ flavor, disks });
  for (const wanted of [
    { ...flavor, rootGiB: 10 },
    { ...flavor, rootGiB: 25 }, // larger than the old flavor's, smaller than the disk is by now
    { ...flavor, rootGiB: 0 },
    { ...flavor, ephemeralGiB: 0 },
    { ...flavor, ephemeralGiB: 3 },
  ]) {
    assert.throws(
      () => resizedDisks(instance, wanted),
      (error) => error instanceof Fault && error.code === 'RESIZE_SHRINKS',
    );
  }
  assert.deepEqual(places(resizedDisks(instance, { ...flavor, vcpus: 8 })), [
    `disk vda ${30 * GIB}`,
    `disk.local vdb ${4 * GIB}`,
  ]);
});

test('a name that an attached disk has is left to it, in both directions', () => {
  const instance = anInstance({ flavor: small, disks: [root], volumes: [volume('vdb')] });
  const disks = resizedDisks(instance, { ...small, ephemeralGiB: 1, swapMiB: 64 });
  assert.deepEqual(places(disks), [`disk vda ${GIB}`, `disk.local vdd ${GIB}`, `disk.swap vdc ${64 * MIB}`]);
  assert.deepEqual(clearOf([root], []), [root]);
  const swap = disk('swap', 'disk.swap', 'vdb', MIB);
  const { hardware, numa } = instance;
  const resize = {
    flavor: small,
    hardware,
    numa,
    disks: [root, swap],
    wasRunning: false,
    at: '2026-01-01T00:00:00.000Z',
  };
  const back = atOldSize({ ...instance, resize });
  assert.deepEqual(places(back.disks), [`disk vda ${GIB}`, `disk.swap vdc ${MIB}`]);
});

test('going back gives flavor, hardware and place as they were, and names the files that were not there', () => {
  const before = anInstance({ flavor: small, disks: [root] });
  const after = anInstance({
    ...before,
    flavor: { ...small, name: 'big' },
    disks: [root, disk('ephemeral', 'disk.local', 'vdb', GIB)],
    hardware: { ...before.hardware, pciDevices: ['0000:01:00.0'] },
    resize: {
      flavor: before.flavor,
      hardware: before.hardware,
      numa: null,
      disks: before.disks,
      wasRunning: true,
      at: '2026-01-01T00:00:00.000Z',
    },
  });
  assert.deepEqual(addedFiles(after), ['disk.local']);
  assert.deepEqual(atOldSize(after), before);
  assert.equal(atOldSize(before), before);
});
