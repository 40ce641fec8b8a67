import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../../src/base/index.ts';
import {
  checkDiskPlace,
  checkHasPci,
  checkImageProperties,
  type DiskFormat,
} from '../../../src/model/index.ts';

function faultOf(check: () => unknown): Fault {
  try {
    check();
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  return assert.fail('no fault was thrown');
}

test('a disk where no machine has one is refused with its key and the cure', () => {
  for (const [device, bus, machineType, key, cure] of [
    ['disk', 'fdc', 'pc', 'hw_disk_bus', /virtio, scsi, sata or usb/],
    ['cdrom', 'fdc', 'q35', 'hw_cdrom_bus', /sata, scsi or usb/],
    ['cdrom', 'virtio', undefined, 'hw_cdrom_bus', /sata, scsi or usb/],
    ['disk', 'ide', 'pc-q35-7.2', 'hw_disk_bus', /virtio, scsi, sata or usb/],
    ['cdrom', 'ide', 'q35', 'hw_cdrom_bus', /sata, scsi or usb/],
    ['cdrom', 'ide', 'virt-7.2', 'hw_cdrom_bus', /sata, scsi or usb/],
  ] as const) {
    const { code, kind, details, message, hint } = faultOf(() =>
      checkDiskPlace({ device, bus, machineType }),
    );
    assert.deepEqual([code, kind, details], ['DISK_BUS_UNSUPPORTED', 'unsupported', { key, bus }]);
    assert.match(message, new RegExp(`^${key} is ${bus}, and `));
    assert.match(hint ?? '', cure);
  }
});

test('a disk that some machine has is left to the machine', () => {
  for (const bus of ['virtio', 'scsi', 'sata', 'usb', 'ide'] as const) {
    checkDiskPlace({ device: 'disk', bus, machineType: 'pc-i440fx-7.2' });
    checkDiskPlace({ device: 'disk', bus, machineType: undefined });
    if (bus !== 'virtio') checkDiskPlace({ device: 'cdrom', bus, machineType: 'pc-i440fx-7.2' });
  }
  checkDiskPlace({ device: 'floppy', bus: 'fdc', machineType: 'q35' });
  checkDiskPlace({ device: 'cdrom', bus: 'ide', machineType: 'virtual-of-somebody' });
});

test('machines without PCI are refused', () => {
  for (const machineType of ['isapc', 'microvm', 'x-remote']) {
    const fault = faultOf(() => checkHasPci(machineType));
    assert.deepEqual([fault.code, fault.details['key']], ['MACHINE_TYPE_UNSUPPORTED', 'hw_machine_type']);
  }
  for (const machineType of [undefined, 'pc', 'pc-q35-7.2', 'virt', 'pseries']) checkHasPci(machineType);
});

type Case = readonly [properties: Record<string, string>, format: DiskFormat | undefined, key: string];
for (const [properties, format, key] of [
  [{ hw_disk_bus: 'fdc' }, 'qcow2', 'hw_disk_bus'],
  [{ hw_disk_bus: 'ide', hw_machine_type: 'q35' }, 'raw', 'hw_disk_bus'],
  [{ hw_cdrom_bus: 'virtio' }, 'iso', 'hw_cdrom_bus'],
  [{ hw_machine_type: 'microvm' }, undefined, 'hw_machine_type'],
] satisfies Case[]) {
  test(`an image of format ${format} with ${JSON.stringify(properties)} is refused before anybody launches it`, () => {
    assert.equal(faultOf(() => checkImageProperties(properties, format)).details['key'], key);
  });
}

test('a bus that only some guests of an image use is no fault of the image', () => {
  checkImageProperties({ hw_cdrom_bus: 'virtio' }, 'qcow2');
  checkImageProperties({ hw_cdrom_bus: 'ide', hw_machine_type: 'q35' }, 'qcow2');
  checkImageProperties({ hw_disk_bus: 'fdc' }, 'iso');
  checkImageProperties({ hw_cdrom_bus: 'virtio', img_config_drive: 'mandatory' }, 'qcow2');
});
