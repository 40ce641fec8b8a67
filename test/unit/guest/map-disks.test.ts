import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type GuestDiskAddress, type HostDisk, mapDisk } from '../../../src/guest/index.ts';

const PCI = { domain: 0, bus: 3, slot: 0, function: 0 };
const virtio = (target: string, bus: number, serial: string | null = null): HostDisk => ({
  target,
  bus: 'virtio',
  serial,
  pci: { ...PCI, bus },
  drive: null,
});
const told = (more: Partial<GuestDiskAddress>): GuestDiskAddress => ({
  busType: 'virtio',
  bus: 0,
  target: 0,
  unit: 0,
  ...more,
});

test('a disk is found by its serial before its address, and by its address before its name', () => {
  const disks = [virtio('vda', 3, 'root-1'), virtio('vdb', 4, 'data-1'), virtio('vdc', 5)];
  const shifted = told({ serial: 'data-1', pci: PCI, device: '/dev/vda' });
  assert.deepEqual(mapDisk(shifted, disks), { target: 'vdb', by: 'serial' });
  const renamed = told({ pci: { ...PCI, bus: 5 }, device: '/dev/vda' });
  assert.deepEqual(mapDisk(renamed, disks), { target: 'vdc', by: 'address' });
  assert.deepEqual(mapDisk(told({ device: '/dev/vdb' }), disks), { target: 'vdb', by: 'name' });
});

test('a serial that the bus cut to its length is found, and a prefix of it is not', () => {
  const long = '0123456789abcdefghij-and-more';
  const disks = [virtio('vda', 3, long)];
  assert.deepEqual(mapDisk(told({ serial: long.slice(0, 20) }), disks), { target: 'vda', by: 'serial' });
  assert.equal(mapDisk(told({ serial: long.slice(0, 8) }), disks), undefined);
});

test('a disk on a controller is found by its place there', () => {
  const drive = { bus: 0, target: 0, unit: 2 };
  const disks: HostDisk[] = [{ target: 'sda', bus: 'sata', serial: null, pci: null, drive }];
  assert.equal(mapDisk(told({ busType: 'sata', unit: 2 }), disks)?.by, 'address');
  assert.equal(mapDisk(told({ busType: 'scsi', unit: 2 }), disks), undefined);
});

test('what fits two disks is none of them', () => {
  const disks = [virtio('vda', 3, 'same'), virtio('vdb', 4, 'same')];
  assert.equal(mapDisk(told({ serial: 'same' }), disks), undefined);
});
