import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diskPairs, rescueDiskRecords } from '../../../src/cli/disk-record.ts';
import { presentForm } from '../../../src/compute/rescue/rescued-form.ts';
import type { Disk, Instance, Volume } from '../../../src/model/index.ts';
import { aRootDisk } from '../../support/samples.ts';
import { anInstance } from '../store/an-instance.ts';

const root = { ...aRootDisk(), fileName: 'disk', target: 'vda', sizeBytes: 1 << 30 };
const swap: Disk = { ...root, role: 'swap', fileName: 'disk.swap', target: 'vdb', sizeBytes: 1 << 20 };
const rescueRoot = { ...root, fileName: 'disk.rescue' };
const volume: Volume = {
  id: '44444444-0000-4000-8000-000000000001',
  source: { kind: 'file', path: '/srv/data.qcow2', format: 'qcow2' },
  device: 'disk',
  bus: 'virtio',
  target: 'vdc',
  readOnly: false,
  sizeBytes: null,
  attachedAt: '2026-01-01T00:00:00.000Z',
};

function view(instance: Instance) {
  const { disks, volumes } = presentForm(instance);
  return {
    instance,
    powerState: 'RUNNING',
    status: 'RESCUE',
    agent: 'unknown',
    vnc: null,
    addresses: [],
    attached: { disks, volumes },
  } as const;
}

function rescued(disks: readonly Disk[], isStable: boolean) {
  const image = { id: '', name: 'minimal', properties: {} };
  return view(anInstance({ disks: [root, swap], volumes: [volume], rescue: { image, disks, isStable } }));
}

test('an instance that is not rescued has its disks, and nothing is said of a rescue', () => {
  const pairs = diskPairs(view(anInstance({ disks: [root, swap], volumes: [volume] })));
  assert.deepEqual(pairs, [
    ['disks', ['vda root qcow2 1 GiB', 'vdb swap qcow2 1 MiB', 'vdc volume file /srv/data.qcow2']],
  ]);
});

test('while it is rescued it is told what the guest has now, and where the own disks are meanwhile', () => {
  const shown = rescued([rescueRoot, { ...root, target: 'vdb' }], false);
  assert.deepEqual(diskPairs(shown), [
    ['rescue', ['minimal: its root disk is the second']],
    ['attached_now', ['vda root qcow2 1 GiB: of the rescue', "vdb root qcow2 1 GiB: the instance's own"]],
    [
      'own_disks',
      [
        'vda root qcow2 1 GiB: vdb now',
        'vdb swap qcow2 1 MiB: not attached until unrescue',
        'vdc volume file /srv/data.qcow2: not attached until unrescue',
      ],
    ],
  ]);
  assert.deepEqual(
    rescueDiskRecords(shown).map((disk) => [disk.target, disk.file_name, disk.is_own]),
    [
      ['vda', 'disk.rescue', false],
      ['vdb', 'disk', true],
    ],
  );
});

test('in a stable rescue all keep their places, what was attached later too', () => {
  const shown = rescued([root, swap, { ...rescueRoot, target: 'vdd' }], true);
  const [, [, now = []] = [], [, own = []] = []] = diskPairs(shown);
  assert.deepEqual(now, [
    "vda root qcow2 1 GiB: the instance's own",
    "vdb swap qcow2 1 MiB: the instance's own",
    'vdd root qcow2 1 GiB: of the rescue',
    "vdc volume file /srv/data.qcow2: the instance's own",
  ]);
  assert.deepEqual(own, [
    'vda root qcow2 1 GiB: vda now',
    'vdb swap qcow2 1 MiB: vdb now',
    'vdc volume file /srv/data.qcow2: vdc now',
  ]);
  assert.deepEqual(
    rescueDiskRecords(shown).map((disk) => disk.is_own),
    [true, true, false, true],
  );
});
