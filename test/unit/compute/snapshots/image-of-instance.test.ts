// What an image of an instance says of itself, and which images a rotation takes away.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  beyondRotation,
  imageNameOf,
  minimaOf,
  originProperties,
} from '../../../../src/compute/snapshots/image-of-instance.ts';
import type { Image } from '../../../../src/model/index.ts';
import { anInstance } from '../../store/an-instance.ts';

function image(name: string, day: number, properties: Record<string, string>): Image {
  return {
    id: name,
    name,
    diskFormat: 'qcow2',
    minDiskGiB: 1,
    minRamMiB: 64,
    sizeBytes: 1,
    virtualSizeBytes: 1,
    sha256: '',
    properties,
    createdAt: `2026-01-${String(day).padStart(2, '0')}T00:00:00.000Z`,
  };
}

test('an image inherits the hardware of its instance, and says what it is and where it comes from', () => {
  const properties = { hw_machine_type: 'q35', os_type: 'linux', image_type: 'backup', backup_type: 'daily' };
  const instance = anInstance({ image: { id: 'base-id', name: 'base', properties } });
  assert.deepEqual(originProperties(instance, { consistency: 'filesystem', properties: { note: 'mine' } }), {
    hw_machine_type: 'q35',
    os_type: 'linux',
    image_type: 'snapshot',
    instance_uuid: instance.id,
    base_image_ref: 'base-id',
    novalet_consistency: 'filesystem',
    note: 'mine',
  });
});

test('an image of a rotation says of which type it is, and signatures of another file are not inherited', () => {
  const properties = { img_signature: 'x', img_signature_key_type: 'y', cinder_encryption_key_id: 'z' };
  const instance = anInstance({ image: { id: '', name: '', properties } });
  assert.deepEqual(originProperties(instance, { consistency: 'off', backupType: 'weekly' }), {
    image_type: 'backup',
    backup_type: 'weekly',
    instance_uuid: instance.id,
    novalet_consistency: 'off',
  });
});

test('a root disk of a part of a GiB needs a whole one, and the memory is what the base asked for', () => {
  assert.deepEqual(minimaOf(2 ** 30 + 1, image('base', 1, {})), { minDiskGiB: 2, minRamMiB: 64 });
  assert.deepEqual(minimaOf(2 ** 30, undefined), { minDiskGiB: 1, minRamMiB: 0 });
});

test('a name that nobody gave is of the instance, the type and the time', () => {
  const now = new Date('2026-02-03T04:05:06.789Z');
  assert.equal(imageNameOf({ name: 'web' }, now), 'web-20260203T040506Z');
  assert.equal(imageNameOf({ name: 'web' }, now, 'daily'), 'web-daily-20260203T040506Z');
});

test('a rotation takes the oldest of one instance and type, and nothing else', () => {
  const daily = { image_type: 'backup', backup_type: 'daily', instance_uuid: 'one' };
  const images = [
    image('new', 9, daily),
    image('oldest', 1, daily),
    image('old', 2, daily),
    image('weekly', 1, { ...daily, backup_type: 'weekly' }),
    image('other', 1, { ...daily, instance_uuid: 'two' }),
    image('snapshot', 1, { ...daily, image_type: 'snapshot' }),
  ];
  const gone = (keep: number) =>
    beyondRotation(images, 'one', { type: 'daily', keep }).map(({ name }) => name);
  assert.deepEqual(gone(1), ['oldest', 'old']);
  assert.deepEqual(gone(2), ['oldest']);
  assert.deepEqual(gone(3), []);
  assert.deepEqual(gone(9), []);
});
