// Parts of records for tests; `changes` replace fields.
import { type Disk, type Flavor, type Hardware, UNRECORDED_OPTIONS } from '../../src/model/index.ts';

export function aFlavor(changes: Partial<Flavor> = {}): Flavor {
  return {
    name: 'f',
    vcpus: 1,
    memoryMiB: 256,
    rootGiB: 1,
    ephemeralGiB: 0,
    swapMiB: 0,
    extraSpecs: {},
    ...changes,
  };
}

/** An emulated PC of today. */
export function someHardware(changes: Partial<Hardware> = {}): Hardware {
  return {
    virtType: 'qemu',
    arch: 'x86_64',
    machineType: 'q35',
    cpuMode: 'maximum',
    cpuModels: [],
    cpuExtraFlags: [],
    firmware: { kind: 'bios' },
    diskBus: 'virtio',
    cdromBus: 'sata',
    diskCache: 'none',
    vifModel: 'virtio',
    videoModel: 'virtio',
    pointerModel: null,
    pciDevices: [],
    options: UNRECORDED_OPTIONS,
    ...changes,
  };
}

export function aRootDisk(changes: Partial<Disk> = {}): Disk {
  return {
    role: 'root',
    fileName: 'disk',
    format: 'qcow2',
    device: 'disk',
    bus: 'virtio',
    target: 'vda',
    sizeBytes: 1024 ** 3,
    ...changes,
  };
}
