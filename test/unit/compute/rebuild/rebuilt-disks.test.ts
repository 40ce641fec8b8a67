import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GIB } from '../../../../src/base/index.ts';
import { attachedVolumes, rebuiltDisks } from '../../../../src/compute/rebuild/plan-rebuild.ts';
import type { Disk, Image, Instance, Volume } from '../../../../src/model/index.ts';
import { anInstance } from '../../store/an-instance.ts';

const IMAGE: Image = {
  id: '44444444-0000-4000-8000-000000000001',
  name: 'other',
  diskFormat: 'qcow2',
  minDiskGiB: 0,
  minRamMiB: 0,
  sizeBytes: 1,
  virtualSizeBytes: GIB,
  sha256: '',
  properties: {},
  createdAt: '2026-01-01T00:00:00.000Z',
};

const CONTEXT = {
  settings: { configDriveFormat: 'iso9660' },
  agent: {
    wishes: { way: 'none', isAsked: false, isInstalled: false, keepBlocks: false },
    hostAgentArch: null,
  },
  configDrive: { configDrive: true, datasource: 'config-drive' },
  carrier: null,
  preserveEphemeral: false,
} as const;

function aDisk(role: Disk['role'], target: string, sizeBytes: number): Disk {
  const device = role === 'config' ? 'cdrom' : 'disk';
  const bus = role === 'config' ? 'sata' : 'virtio';
  return { role, fileName: `disk.${target}`, format: 'qcow2', device, bus, target, sizeBytes };
}

function aVolume(target: string): Volume {
  return {
    id: '55555555-0000-4000-8000-000000000001',
    source: { kind: 'block', path: '/dev/null' },
    device: 'disk',
    bus: 'virtio',
    target,
    readOnly: false,
    sizeBytes: null,
    attachedAt: '2026-01-01T00:00:00.000Z',
  };
}

function instanceWith(flavor: Partial<Instance['flavor']>, more: Partial<Instance>): Instance {
  const bare = anInstance();
  return { ...bare, flavor: { ...bare.flavor, rootGiB: 2, ephemeralGiB: 0, swapMiB: 0, ...flavor }, ...more };
}

function disksOf(instance: Instance, image = IMAGE, more: { preserveEphemeral?: boolean } = {}) {
  const disks = rebuiltDisks(instance, { image, kernel: null, ramdisk: null }, { ...CONTEXT, ...more });
  return disks.map(({ role, target, sizeBytes }) => [role, target, sizeBytes / GIB]);
}

test('a root disk that was grown since the launch is as large afterwards', () => {
  const grown = instanceWith({}, { disks: [aDisk('root', 'vda', 7 * GIB)] });
  assert.deepEqual(disksOf(grown)[0], ['root', 'vda', 7]);
  const asLaunched = instanceWith({}, { disks: [aDisk('root', 'vda', 2 * GIB)] });
  assert.deepEqual(disksOf(asLaunched)[0], ['root', 'vda', 2]);
});

test('a root disk of no size of its own grows with a larger image', () => {
  const instance = instanceWith({ rootGiB: 0 }, { disks: [aDisk('root', 'vda', GIB)] });
  assert.deepEqual(disksOf(instance, { ...IMAGE, virtualSizeBytes: 3 * GIB })[0], ['root', 'vda', 3]);
});

test('an ephemeral disk has its size where it stays, and that of the flavor where it is made anew', () => {
  const disks = [aDisk('root', 'vda', 2 * GIB), aDisk('ephemeral', 'vdb', 5 * GIB)];
  const instance = instanceWith({ ephemeralGiB: 1 }, { disks });
  assert.deepEqual(disksOf(instance)[1], ['ephemeral', 'vdb', 1]);
  assert.deepEqual(disksOf(instance, IMAGE, { preserveEphemeral: true })[1], ['ephemeral', 'vdb', 5]);
});

test('a name that an attached disk has is left to it, and what was put into a drive of its own goes', () => {
  const disks = [aDisk('root', 'vda', GIB), aDisk('config', 'sda', 0)];
  const volumes = [aVolume('vdb'), aVolume('sda')];
  const instance = instanceWith({ swapMiB: 1024 }, { disks, volumes });
  assert.deepEqual(attachedVolumes(instance), [aVolume('vdb')]);
  assert.deepEqual(disksOf(instance), [
    ['root', 'vda', 2],
    ['swap', 'vdc', 1],
    ['config', 'sda', 0],
  ]);
});
