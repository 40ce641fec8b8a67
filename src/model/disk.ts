// A disk of an instance: the file's name in the instance directory and the device that the guest sees.
// Names and order follow nova/virt/libvirt/blockinfo.py.
import { MIB } from '../base/index.ts';
import type { DriveDatasource } from './datasource.ts';
import type { DiskBus } from './hardware.ts';

export type DiskRole = 'root' | 'ephemeral' | 'swap' | 'config' | 'agent';

/** nova.conf [DEFAULT]config_drive_format. */
export const CONFIG_DRIVE_FORMATS = ['iso9660', 'vfat'] as const;
export type ConfigDriveFormat = (typeof CONFIG_DRIVE_FORMATS)[number];
/** Nova's size of a vfat one. */
export const VFAT_DRIVE_BYTES = 64 * MIB;

export interface Disk {
  readonly role: DiskRole;
  /** `disk`, `disk.local`, `disk.swap`, `disk.config`, `disk.agent`. */
  readonly fileName: string;
  readonly format: 'qcow2' | 'raw';
  readonly device: 'disk' | 'cdrom' | 'floppy' | 'lun';
  readonly bus: DiskBus;
  /** `vda`, `sda`, `hda` … */
  readonly target: string;
  /** Virtual size; 0 where the content decides (config drive, but for a vfat one; agent drive). */
  readonly sizeBytes: number;
  /** Of a config drive: whose reader its documents are for. Records from before `nocloud` do not say: `config-drive`. */
  readonly datasource?: DriveDatasource | undefined;
}

/** A CD is an ISO 9660 one, and a disk a vfat one. */
export function configDriveFormatOf({ device }: Pick<Disk, 'device'>): ConfigDriveFormat {
  return device === 'cdrom' ? 'iso9660' : 'vfat';
}
