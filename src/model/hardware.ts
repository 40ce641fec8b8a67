// What was chosen for a guest's virtual hardware. It is recorded with the instance when it is built, so that
// later defaults of the host change nothing for it (as Nova does in system_metadata, `image_hw_*`).
import type { HardwareOptions } from './hardware-options.ts';
import type { SizeMaxima } from './size-maxima.ts';

export type VirtType = 'kvm' | 'qemu';
export const DISK_BUSES = ['virtio', 'scsi', 'sata', 'ide', 'usb', 'fdc'] as const;
export type DiskBus = (typeof DISK_BUSES)[number];
export type CpuMode = 'host-model' | 'host-passthrough' | 'maximum' | 'custom' | 'none';

export interface Hardware {
  readonly virtType: VirtType;
  /** libvirt's name of the architecture: `x86_64`, `aarch64` … */
  readonly arch: string;
  /** As in `<os><type machine=…>`: `q35`, `pc`, `virt`, or a versioned name. */
  readonly machineType: string;
  readonly cpuMode: CpuMode;
  readonly cpuModels: readonly string[];
  readonly cpuExtraFlags: readonly string[];
  readonly firmware: Firmware;
  readonly diskBus: DiskBus;
  readonly cdromBus: DiskBus;
  readonly diskCache: 'none' | 'writeback' | 'writethrough' | 'directsync' | 'unsafe';
  readonly vifModel: string;
  readonly videoModel: string;
  /** `usbtablet`, or null for no pointer device. */
  readonly pointerModel: 'usbtablet' | null;
  /** Addresses of the host's PCI devices that the guest has, as `0000:3b:00.1`. */
  readonly pciDevices: readonly string[];
  /** Left out for a guest that has from the start all that it can have. */
  readonly maxima?: SizeMaxima | undefined;
  readonly options: HardwareOptions;
}

export type Firmware =
  | { readonly kind: 'bios' }
  | {
      readonly kind: 'uefi';
      readonly loader: string;
      readonly nvramTemplate: string;
      readonly secure: boolean;
      /** Keeps no variables from one start to the next. */
      readonly stateless: boolean;
    };
