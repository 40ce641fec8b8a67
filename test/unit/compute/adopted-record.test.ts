// What an instance remembers of a domain that somebody else made.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { adoptedFacts, readAdopted } from '../../../src/compute/adopted-record.ts';

const CORPUS = join(import.meta.dirname, '../../corpus/foreign-domains');
const AT = '2026-01-01T00:00:00.000Z';
const ALONE = { at: AT, hostCells: [], ports: [] };

function foreign(name: string): string {
  return readFileSync(join(CORPUS, `${name}.xml`), 'utf8');
}

test("a guest of Nova's keeps the name, age, flavor and image that its metadata has", () => {
  const { nova, flavor, image, hardware, ports, adoption } = adoptedFacts(
    foreign('nova-zed-boot-from-image'),
    ALONE,
  );
  assert.deepEqual([nova.name, nova.createdAt], ['web-frontend-1', '2023-11-07T09:15:42.000Z']);
  assert.deepEqual(flavor, {
    name: 'm1.small',
    vcpus: 2,
    memoryMiB: 2048,
    rootGiB: 20,
    ephemeralGiB: 0,
    swapMiB: 0,
    extraSpecs: {},
  });
  assert.equal(image.id, '0f2bb9c1-52a6-4d1e-8f0a-8c61f4b1c333');
  assert.deepEqual([hardware.virtType, hardware.machineType, hardware.diskBus], ['kvm', 'q35', 'virtio']);
  assert.deepEqual(
    ports.map(({ mac, binding, deviceName }) => ({ mac, binding, deviceName })),
    [
      {
        mac: 'fa:16:3e:4c:2c:31',
        binding: { kind: 'bridge', bridge: 'br-int' },
        deviceName: 'tapc0ffee00-1d',
      },
    ],
  );
  assert.deepEqual([hardware.options.guestAgent, hardware.options.lane], [true, false]);
  assert.match(adoption?.consoleLog ?? '', /\/console\.log$/);
});

test("older metadata of Nova's is read under the namespace's own prefix, and Windows is known by how Nova makes it", () => {
  const { nova, image } = adoptedFacts(foreign('nova-windows'), ALONE);
  assert.deepEqual([nova.name, nova.createdAt], ['win-build', '2020-02-29T12:00:00.000Z']);
  assert.deepEqual(image.properties, { os_type: 'windows' });
});

test('libosinfo says what is Windows and what is not', () => {
  assert.deepEqual(adoptedFacts(foreign('virt-install-windows-11'), ALONE).image.properties, {
    os_type: 'windows',
  });
  assert.deepEqual(adoptedFacts(foreign('virt-install-import-server'), ALONE).image.properties, {});
});

test('a domain without metadata is as large as its XML says, and tells no more', () => {
  const { nova, flavor, image, adoption } = adoptedFacts(foreign('by-hand-minimal'), ALONE);
  assert.deepEqual([nova.name, nova.createdAt, image.id], [undefined, undefined, '']);
  assert.deepEqual([flavor.name, flavor.vcpus, flavor.memoryMiB], ['adopted', 1, 64]);
  assert.deepEqual([adoption?.disks, adoption?.consoleLog], [[], null]);
});

test('sizes are read in every unit, and vCPUs that are not plugged in are not counted', () => {
  const { memoryMiB, vcpus } = adoptedFacts(foreign('libvirt-doc-memory-devices'), ALONE).flavor;
  assert.deepEqual([memoryMiB, vcpus], [1536, 1]);
  assert.equal(adoptedFacts(foreign('by-hand-cpu'), ALONE).flavor.memoryMiB, 1024);
  assert.equal(adoptedFacts(foreign('by-hand-clock-variable'), ALONE).flavor.memoryMiB, 287, '300 MB');
});

test('every kind of disk has a name', () => {
  const { adoption } = adoptedFacts(foreign('libvirt-doc-network-disks'), ALONE);
  assert.deepEqual(
    adoption?.disks.map(({ target, source }) => [target, source]),
    [
      ['vda', 'nbd:export'],
      ['vdb', 'https:url_path'],
      ['vdc', 'iscsi:iqn.2013-07.com.example:iscsi-nopool/2'],
      ['vdd', 'blk-pool0/blk-pool0-vol0'],
      ['sda', '/dev/sda'],
      ['vde', '/tmp/nvt-top.qcow2'],
      ['sdb', null],
      ['fda', '/var/tmp/nvt-dir'],
      ['vdf', null],
      ['vdg', '/tmp/nvt-vhost-blk.sock'],
    ],
  );
});

test('interfaces that are neither on a network nor on a bridge nor in user mode are no ports', () => {
  const { ports } = adoptedFacts(foreign('libvirt-doc-interfaces'), ALONE);
  assert.deepEqual(
    ports.map(({ mac, binding }) => [mac.slice(-2), binding.kind]),
    [
      ['06', 'user'],
      ['07', 'network'],
      ['09', 'bridge'],
    ],
  );
});

test('a port keeps its id when the domain is read again', () => {
  const xml = foreign('libvirt-doc-interfaces');
  const { ports } = adoptedFacts(xml, ALONE);
  const again = adoptedFacts(xml, { ...ALONE, ports });
  assert.deepEqual(
    again.ports.map(({ id }) => id),
    ports.map(({ id }) => id),
  );
  assert.equal(new Set(ports.map(({ id }) => id)).size, 3);
});

test('PCI devices that it has are known by their addresses', () => {
  const { hardware } = adoptedFacts(foreign('libvirt-doc-hostdevs'), ALONE);
  assert.deepEqual(hardware.pciDevices, ['0000:3b:00.1', '0000:00:07.0']);
});

test('UEFI and the files of a guest are told', () => {
  const { hardware } = adoptedFacts(foreign('by-hand-uefi-nvram'), ALONE);
  assert.deepEqual(hardware.firmware, {
    kind: 'uefi',
    loader: '/usr/share/OVMF/OVMF_CODE_4M.secboot.fd',
    nvramTemplate: '/usr/share/OVMF/OVMF_VARS_4M.ms.fd',
    secure: true,
    stateless: false,
  });
  assert.deepEqual(readAdopted(foreign('by-hand-uefi-nvram')).files, [
    '/tmp/nvt-u.qcow2',
    '/var/lib/libvirt/qemu/nvram/nvt-uefi_VARS.fd',
  ]);
  const kernel = readAdopted(foreign('by-hand-comments-and-cdata'));
  assert.equal(kernel.name, 'nvt-comments');
  assert.deepEqual(kernel.files, ['/boot/vmlinuz & co', '/boot/initrd.img', '/boot/nvt.dtb']);
});

test('a serial port that is a file is a log', () => {
  const { adoption } = adoptedFacts(foreign('libvirt-doc-characters'), ALONE);
  assert.equal(adoption?.consoleLog, '/var/log/libvirt/qemu/nvt-serial.log');
});

test('CPUs that a vCPU alone is pinned to are held', () => {
  const { numa } = adoptedFacts(foreign('nova-master-pinned'), ALONE);
  assert.deepEqual(
    numa?.cells.map(({ hostCell, heldCpus }) => [hostCell, heldCpus]),
    [[0, [0, 1]]],
  );
  assert.equal(adoptedFacts(foreign('by-hand-minimal'), ALONE).numa, null);
});
