// A disk of an instance: the file's name in the instance directory and the device that the guest sees.
// Names and order follow nova/virt/libvirt/blockinfo.py.
import type { DiskBus } from './hardware.ts';

export type DiskRole = 'root' | 'ephemeral' | 'swap' | 'config';

export interface Disk {
  readonly role: DiskRole;
  /** `disk`, `disk.local`, `disk.swap`, `disk.config`. */
  readonly fileName: string;
  readonly format: 'qcow2' | 'raw';
  readonly device: 'disk' | 'cdrom' | 'floppy' | 'lun';
  readonly bus: DiskBus;
  /** `vda`, `sda`, `hda` … */
  readonly target: string;
  /** Virtual size; 0 where the content decides (config drive). */
  readonly sizeBytes: number;
}
