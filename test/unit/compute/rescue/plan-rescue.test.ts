import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../../../../src/base/index.ts';
import { planRescue, type RescueContext } from '../../../../src/compute/rescue/plan-rescue.ts';
import { bootsFirst, presentForm } from '../../../../src/compute/rescue/rescued-form.ts';
import type { Disk, Image, Instance, Volume } from '../../../../src/model/index.ts';
import { anInstance } from '../../store/an-instance.ts';

const CONTEXT: RescueContext = {
  settings: { configDriveFormat: 'iso9660', vncListen: '127.0.0.1' },
  instances: '/state/instances',
  datasource: 'config-drive',
};

const VOLUME: Volume = {
  id: '55555555-0000-4000-8000-000000000001',
  source: { kind: 'block', path: '/dev/null' },
  device: 'disk',
  bus: 'virtio',
  target: 'vdb',
  readOnly: false,
  sizeBytes: null,
  attachedAt: '2026-01-01T00:00:00.000Z',
};

function anImage(properties: Image['properties'] = {}, more: Partial<Image> = {}): Image {
  return {
    id: '44444444-0000-4000-8000-000000000001',
    name: 'repair',
    diskFormat: 'qcow2',
    minDiskGiB: 0,
    minRamMiB: 0,
    sizeBytes: 1,
    virtualSizeBytes: 2 ** 20,
    sha256: '',
    properties,
    createdAt: '2026-01-01T00:00:00.000Z',
    ...more,
  };
}

function plan(instance: Instance, image: Image) {
  return planRescue(instance, { image, kernel: null, ramdisk: null }, CONTEXT);
}

function places(disks: readonly Disk[]): readonly string[] {
  return disks.map(({ target, fileName, device }) => `${target} ${fileName} ${device}`);
}

function withConfigDrive(): Instance {
  const bare = anInstance();
  const config: Disk = {
    role: 'config',
    fileName: 'disk.config',
    format: 'raw',
    device: 'cdrom',
    bus: 'sata',
    target: 'sda',
    sizeBytes: 0,
  };
  return { ...bare, disks: [...bare.disks, config] };
}

test('a rescue puts its disk first, the root disk second, and gives a drive to one that has none', () => {
  const { rescue } = plan(anInstance(), anImage());
  assert.deepEqual(places(rescue.disks), [
    'vda disk.rescue disk',
    'vdb disk disk',
    'sda disk.config.rescue cdrom',
  ]);
  assert.deepEqual(
    rescue.disks.map(({ sizeBytes }) => sizeBytes),
    [2 ** 20, 2 ** 30, 0],
  );
});

test('a stable rescue leaves every disk in its place, past the attached ones, and comes last', () => {
  const instance = { ...withConfigDrive(), volumes: [VOLUME] };
  const { rescue, steps } = plan(instance, anImage({ hw_rescue_bus: 'virtio' }));
  assert.deepEqual(places(rescue.disks), [
    'vda disk disk',
    'sda disk.config.rescue cdrom',
    'vdc disk.rescue disk',
  ]);
  assert.deepEqual(
    steps.map(({ kind }) => kind),
    ['base-image', 'config-drive', 'root-disk'],
  );
});

test('a rescue image may be a CD, and no whole SCSI device', () => {
  const { rescue } = plan(withConfigDrive(), anImage({ hw_rescue_device: 'cdrom' }));
  assert.equal(places(rescue.disks).at(-1), 'sdb disk.rescue cdrom');
  const whole = anImage({ hw_rescue_device: 'lun', hw_rescue_bus: 'scsi' });
  assert.throws(
    () => plan(anInstance(), whole),
    (error) => isFault(error, 'RESCUE_DEVICE_UNSUPPORTED'),
  );
});

test('an image for another machine, or for more memory, is refused', () => {
  const foreign = anImage({ hw_architecture: 'aarch64' });
  assert.throws(
    () => plan(anInstance(), foreign),
    (error) => isFault(error, 'IMAGE_ARCH_CONFLICT'),
  );
  const large = anImage({}, { minRamMiB: 1_000_000 });
  assert.throws(
    () => plan(anInstance(), large),
    (error) => isFault(error, 'FLAVOR_MEMORY_TOO_SMALL'),
  );
});

test('what is rescued is the system of the rescue image on the machine of the instance', () => {
  const bare = anInstance();
  const own = { os_type: 'linux', hw_disk_bus: 'virtio', kernel_id: 'of the instance' };
  const instance = { ...bare, image: { ...bare.image, properties: own }, volumes: [VOLUME] };
  assert.equal(presentForm(instance), instance);
  const legacy = presentForm({
    ...instance,
    rescue: plan(instance, anImage({ hw_disk_bus: 'scsi' })).rescue,
  });
  assert.deepEqual(legacy.image.properties, { hw_disk_bus: 'virtio' });
  assert.deepEqual(legacy.volumes, [], 'an attached disk would stand where the root disk is now');
  const properties = { hw_rescue_device: 'disk', kernel_id: 'of the image' };
  const stable = presentForm({ ...instance, rescue: plan(instance, anImage(properties)).rescue });
  assert.deepEqual(stable.image.properties, { hw_disk_bus: 'virtio', kernel_id: 'of the image' });
  assert.deepEqual(stable.volumes, [VOLUME]);
  for (const form of [legacy, stable]) {
    const first = form.disks.filter((disk) => bootsFirst(form, disk));
    assert.deepEqual(places(first), form === stable ? ['vdc disk.rescue disk'] : []);
    assert.equal(form.image.id, instance.image.id);
  }
});
