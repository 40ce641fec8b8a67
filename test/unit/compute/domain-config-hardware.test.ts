import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GIB, isFault, MIB } from '../../../src/base/index.ts';
import { chooseHardware, type HardwareHost, MODERN_WISHES } from '../../../src/compute/choose-hardware.ts';
import { type DiskLayoutRequest, diskLayout } from '../../../src/compute/disk-layout.ts';
import type { Flavor, Hardware } from '../../../src/model/index.ts';

const FLAVOR: Flavor = {
  name: 'f',
  vcpus: 1,
  memoryMiB: 512,
  rootGiB: 20,
  ephemeralGiB: 5,
  swapMiB: 256,
  extraSpecs: {},
};
const HOST: HardwareHost = {
  arch: 'x86_64',
  virtType: 'kvm',
  machineTypes: { x86_64: { pc: 'pc-i440fx-7.2', q35: 'pc-q35-7.2', 'pc-q35-7.2': 'pc-q35-7.2' } },
  cpuModes: ['host-model', 'maximum'],
  firmware: {
    x86_64: {
      plain: { loader: '/fw/code', nvramTemplate: '/fw/vars' },
      secure: { loader: '/fw/secure', nvramTemplate: '/fw/keys' },
    },
  },
  maxQueues: 256,
};

function choose(properties: Record<string, string>, host: Partial<HardwareHost> = {}): Hardware {
  const request = { flavor: FLAVOR, imageProperties: properties, host: { ...HOST, ...host } };
  return chooseHardware({ ...request, wishes: MODERN_WISHES });
}

test('a modern x86 guest is a q35 with virtio everywhere', () => {
  assert.deepEqual(choose({}), {
    virtType: 'kvm',
    arch: 'x86_64',
    machineType: 'pc-q35-7.2',
    cpuMode: 'host-model',
    cpuModels: [],
    cpuExtraFlags: [],
    firmware: { kind: 'bios' },
    diskBus: 'virtio',
    cdromBus: 'sata',
    diskCache: 'none',
    vifModel: 'virtio',
    videoModel: 'virtio',
    pointerModel: 'usbtablet',
    pciDevices: [],
    options: { ...MODERN_WISHES.options, hostVirtType: 'kvm', maxQueues: 256 },
  });
});

test('under TCG the processor is all that TCG can emulate, where libvirt offers it', () => {
  assert.equal(choose({}, { virtType: 'qemu' }).cpuMode, 'maximum');
  assert.equal(choose({}, { virtType: 'qemu', cpuModes: ['custom'] }).cpuMode, 'none');
});

test('an image has its way', () => {
  const chosen = choose({
    hw_machine_type: 'pc',
    hw_disk_bus: 'scsi',
    hw_vif_model: 'e1000',
    hw_video_model: 'qxl',
  });
  assert.deepEqual(
    [chosen.machineType, chosen.diskBus, chosen.cdromBus, chosen.vifModel, chosen.videoModel],
    ['pc-i440fx-7.2', 'scsi', 'ide', 'e1000', 'qxl'],
  );
});

test('firmware is chosen by what image and flavor require', () => {
  assert.deepEqual(choose({ hw_firmware_type: 'uefi' }).firmware, {
    kind: 'uefi',
    loader: '/fw/code',
    nvramTemplate: '/fw/vars',
    secure: false,
    stateless: false,
  });
  const secure = choose({ hw_firmware_type: 'uefi', os_secure_boot: 'required' }).firmware;
  assert.deepEqual(secure, {
    kind: 'uefi',
    loader: '/fw/secure',
    nvramTemplate: '/fw/keys',
    secure: true,
    stateless: false,
  });
  const none = { firmware: {} };
  assert.throws(
    () => choose({ hw_firmware_type: 'uefi' }, none),
    (error) => isFault(error, 'FIRMWARE_ABSENT'),
  );
});

test('a machine type that the host does not have is refused', () => {
  assert.throws(
    () => choose({ hw_machine_type: 'pc-q35-99.9' }),
    (error) => isFault(error, 'MACHINE_TYPE_UNSUPPORTED'),
  );
});

function layout(changes: Partial<DiskLayoutRequest> = {}): readonly string[] {
  const request = { flavor: FLAVOR, imageFormat: 'qcow2', imageSizeBytes: 3 * GIB, configDrive: true };
  const hardware = { diskBus: 'virtio', cdromBus: 'ide' } as const;
  return diskLayout({ ...request, hardware, ...changes }).map(
    (disk) => `${disk.fileName} ${disk.target} ${disk.device} ${disk.format} ${disk.sizeBytes / MIB}`,
  );
}

test('disks come as root, ephemeral, swap and config drive', () => {
  assert.deepEqual(layout(), [
    'disk vda disk qcow2 20480',
    'disk.local vdb disk qcow2 5120',
    'disk.swap vdc disk qcow2 256',
    'disk.config hda cdrom raw 0',
  ]);
});

test('a vfat config drive is a disk of 64 MiB, last on the bus of the disks', () => {
  assert.deepEqual(layout({ configDriveFormat: 'vfat' }), [
    'disk vda disk qcow2 20480',
    'disk.local vdb disk qcow2 5120',
    'disk.swap vdc disk qcow2 256',
    'disk.config vdd disk raw 64',
  ]);
});

test('a flavor without a root size takes the size of the image', () => {
  const flavor = { ...FLAVOR, rootGiB: 0, ephemeralGiB: 0, swapMiB: 0 };
  assert.deepEqual(layout({ flavor, configDrive: false }), ['disk vda disk qcow2 3072']);
});

test('buses that share a prefix share its names', () => {
  const flavor = { ...FLAVOR, ephemeralGiB: 0 };
  assert.deepEqual(layout({ flavor, hardware: { diskBus: 'scsi', cdromBus: 'sata' } }), [
    'disk sda disk qcow2 20480',
    'disk.swap sdb disk qcow2 256',
    'disk.config sdc cdrom raw 0',
  ]);
});

test('an ISO image is a CD-ROM of its own size', () => {
  const flavor = { ...FLAVOR, ephemeralGiB: 0, swapMiB: 0 };
  assert.deepEqual(layout({ flavor, imageFormat: 'iso' }), [
    'disk hda cdrom qcow2 3072',
    'disk.config hdb cdrom raw 0',
  ]);
});

test('IDE has four places', () => {
  const hardware = { diskBus: 'ide', cdromBus: 'ide' } as const;
  assert.equal(layout({ hardware }).at(-1), 'disk.config hdd cdrom raw 0');
});
