// The disks of a guest and what serves them. Pure; see domain-config.ts. Rules: nova/virt/libvirt/imagebackend.py.
import type { Device, DiskDevice } from '../libvirt-xml/index.ts';
import type { DomainDisk, DomainInput } from './domain-input.ts';
import type { GuestOptions } from './guest-options.ts';

export function diskDevices(input: DomainInput, { image, ioTune }: GuestOptions): readonly DiskDevice[] {
  let unit = 0;
  return input.disks.map((disk) => ({
    kind: 'disk',
    device: disk.device,
    source: { file: disk.path },
    driver: driver(disk, input),
    target: { dev: disk.target, bus: disk.bus },
    ioTune,
    bootOrder: disk.bootsFirst === true ? 1 : undefined,
    // virtio-scsi takes up to 256 disks, but only where each is given its place.
    scsiUnit: disk.bus === 'scsi' && image.hw_scsi_model === 'virtio-scsi' ? unit++ : undefined,
  }));
}

function driver(disk: DomainDisk, { hardware, settings }: DomainInput): DiskDevice['driver'] {
  const { discard, ioUring, ioThreads, packedRings } = hardware.options;
  const isDisk = disk.device === 'disk';
  const isVirtio = disk.bus === 'virtio';
  return {
    type: disk.format,
    // Quirk: Zed adds the disk of a stable rescue after it has set the cache of all others.
    cache: settings.isLiteral && disk.bootsFirst === true ? 'none' : hardware.diskCache,
    // What a guest trims, the host gets back.
    discard: discard && isDisk ? 'unmap' : undefined,
    io: ioUring && isDisk ? 'io_uring' : undefined,
    iothread: ioThreads && isVirtio ? 1 : undefined,
    packed: packedRings && isVirtio ? 'on' : undefined,
  };
}

export function scsiController({ hardware, disks }: DomainInput, { image }: GuestOptions): readonly Device[] {
  const { hw_scsi_model: model } = image;
  if (model === undefined) return [];
  const isServed =
    hardware.options.ioThreads && model === 'virtio-scsi' && disks.some(({ bus }) => bus === 'scsi');
  return [{ kind: 'controller', type: 'scsi', index: 0, model, iothread: isServed ? 1 : undefined }];
}

/** How many I/O threads the domain needs: one for all disks, none where no disk can use it. */
export function ioThreads({ hardware, disks }: DomainInput, { image }: GuestOptions): number {
  const canUse = disks.some(
    ({ bus }) => bus === 'virtio' || (bus === 'scsi' && image.hw_scsi_model === 'virtio-scsi'),
  );
  return hardware.options.ioThreads && canUse ? 1 : 0;
}
