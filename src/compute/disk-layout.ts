// Which disks a guest has, in which order, and under which names. Pure. Rules: nova/virt/libvirt/blockinfo.py:
// root, ephemeral, swap, config drive, each under the next free name of its bus; novalet's agent drive last.
import { GIB, MIB } from '../base/index.ts';
import {
  type ConfigDriveFormat,
  type Disk,
  type DiskBus,
  type DriveDatasource,
  type Flavor,
  type Hardware,
  VFAT_DRIVE_BYTES,
} from '../model/index.ts';
import { nextDeviceName } from './device-names.ts';

export interface DiskLayoutRequest {
  readonly flavor: Flavor;
  readonly hardware: Pick<Hardware, 'diskBus' | 'cdromBus'>;
  /** Glance's disk_format; `iso` makes the root disk a CD-ROM. */
  readonly imageFormat: string;
  /** Size of the disk in the image: the root disk's size when the flavor gives none. */
  readonly imageSizeBytes: number;
  readonly configDrive: boolean;
  /** `iso9660` unless given. */
  readonly configDriveFormat?: ConfigDriveFormat;
  /** Nothing is said of it unless given. */
  readonly datasource?: DriveDatasource;
  /** novalet's own: a CD with a guest agent. */
  readonly agentDrive?: boolean;
  /** Nova's legacy rescue: the rescue disk first, the root disk second, no ephemeral and no swap. */
  readonly rescue?: boolean;
  /** Nova's stable rescue, of images that say how: every disk stays where it is, and the rescue disk comes last. */
  readonly stableRescue?: { readonly device: Disk['device']; readonly bus: DiskBus } | undefined;
}

/** The name of the file that a stable rescue boots from. */
export const RESCUE_DISK = 'disk.rescue';

/** Throws `DISK_BUS_FULL` when more disks are to be on IDE than it has places. */
export function diskLayout(request: DiskLayoutRequest): readonly Disk[] {
  const { flavor, hardware } = request;
  const taken = new Set<string>();
  const place = (bus: DiskBus) => {
    const target = nextDeviceName(bus, taken);
    taken.add(target);
    return { bus, target };
  };
  const sizeBytes = flavor.rootGiB === 0 ? request.imageSizeBytes : flavor.rootGiB * GIB;
  const isCdrom = request.imageFormat === 'iso' && request.rescue !== true;
  const disks: Disk[] = [
    {
      role: 'root',
      fileName: request.rescue === true ? RESCUE_DISK : 'disk',
      format: 'qcow2',
      device: isCdrom ? 'cdrom' : 'disk',
      sizeBytes: isCdrom ? request.imageSizeBytes : sizeBytes,
      ...place(isCdrom ? hardware.cdromBus : hardware.diskBus),
    },
  ];
  const plain = (role: Disk['role'], fileName: string, bytes: number): Disk => ({
    role,
    fileName,
    format: 'qcow2',
    device: 'disk',
    sizeBytes: bytes,
    ...place(hardware.diskBus),
  });
  if (request.rescue === true) disks.push(plain('root', 'disk', sizeBytes));
  else {
    if (flavor.ephemeralGiB > 0) disks.push(plain('ephemeral', 'disk.local', flavor.ephemeralGiB * GIB));
    if (flavor.swapMiB > 0) disks.push(plain('swap', 'disk.swap', flavor.swapMiB * MIB));
  }
  if (request.configDrive) {
    const isVfat = request.configDriveFormat === 'vfat';
    disks.push({
      role: 'config',
      fileName: request.rescue === true ? 'disk.config.rescue' : 'disk.config',
      format: 'raw',
      device: isVfat ? 'disk' : 'cdrom',
      sizeBytes: isVfat ? VFAT_DRIVE_BYTES : 0,
      ...(request.datasource === undefined ? {} : { datasource: request.datasource }),
      ...place(isVfat ? hardware.diskBus : hardware.cdromBus),
    });
  }
  if (request.agentDrive === true) disks.push(agentDrive(place(hardware.cdromBus)));
  const { stableRescue } = request;
  if (stableRescue !== undefined) {
    const { device, bus } = stableRescue;
    disks.push({ role: 'root', fileName: RESCUE_DISK, format: 'qcow2', device, sizeBytes, ...place(bus) });
  }
  return disks;
}

function agentDrive(place: Pick<Disk, 'bus' | 'target'>): Disk {
  return { role: 'agent', fileName: 'disk.agent', format: 'raw', device: 'cdrom', sizeBytes: 0, ...place };
}
