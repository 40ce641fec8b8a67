import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findDisk } from '../../../../src/compute/disks/find-volume.ts';
import type { Volume } from '../../../../src/model/index.ts';
import { anInstance } from '../../store/an-instance.ts';

const volume = (id: string, target: string): Volume => ({
  id,
  source: null,
  device: 'disk',
  bus: 'virtio',
  target,
  readOnly: false,
  sizeBytes: null,
  attachedAt: '',
});
const one = volume('0ddba11c-0000-4000-8000-00000000000a', 'vdb');
const two = volume('0ddba11c-1111-4000-8000-00000000000b', 'vdc');
const instance = { ...anInstance({ name: 'web' }), disks: [], volumes: [one, two] };

test('a disk is found by its target, its id, or a beginning that is its alone', () => {
  for (const word of ['vdb', one.id, '0ddba11c-0'])
    assert.deepEqual(findDisk(instance, word), { kind: 'volume', volume: one }, word);
});

test('a beginning of several, one that is too short, and an unknown word mean nothing', () => {
  for (const word of ['0ddba11c', '0dd', 'vdz', ''])
    assert.throws(() => findDisk(instance, word), { code: 'DISK_NOT_ATTACHED' }, word);
});
