// The disks of a guest and what serves them. Pure; see domain-config.ts. Rules: nova/virt/libvirt/imagebackend.py.
import { join } from 'node:path';
import type { Device, DiskDevice, DiskSource } from '../libvirt-xml/index.ts';
import { type Volume, volumeAlias } from '../model/index.ts';
import { deviceIndex } from './device-names.ts';
import type { DomainDisk, DomainInput } from './domain-input.ts';
import type { GuestOptions } from './guest-options.ts';

export function diskDevices(input: DomainInput, options: GuestOptions): readonly DiskDevice[] {
  const { image, ioTune } = options;
  const { volumes = [], directory = '' } = input;
  const targets = new Set(input.disks.map(({ target }) => target));
  let unit = 0;
  const disks = input.disks.map((disk): DiskDevice => {
    const medium = volumes.find(({ target }) => target === disk.target);
    return {
      kind: 'disk',
      device: disk.device,
      source: medium === undefined ? { file: disk.path } : diskSource(medium, directory),
      driver: driver(medium === undefined ? disk : { ...disk, format: formatOf(medium) }, input),
      target: { dev: disk.target, bus: disk.bus },
      ioTune,
      bootOrder: disk.bootsFirst === true ? 1 : undefined,
      // virtio-scsi takes up to 256 disks, but only where each is given its place.
      scsiUnit: disk.bus === 'scsi' && image.hw_scsi_model === 'virtio-scsi' ? unit++ : undefined,
    };
  });
  const added = volumes.filter(({ target }) => !targets.has(target));
  return [...disks, ...added.map((volume) => volumeDevice(volume, input, options))];
}

/** A disk that was attached after the launch. As it is plugged in, so it is in the definition ever after. */
export function volumeDevice(volume: Volume, input: DomainInput, options: GuestOptions): DiskDevice {
  const { device, bus, target, source } = volume;
  const hasThread = ioThreads(input, options) > 0;
  return {
    kind: 'disk',
    device,
    source: diskSource(volume, input.directory ?? ''),
    driver: {
      ...driver({ format: formatOf(volume), device, bus }, input),
      ...(hasThread ? {} : { iothread: undefined }),
    },
    target: { dev: target, bus },
    serial: volume.id,
    ioTune: source?.kind === 'own' ? options.ioTune : undefined,
    readonly: volume.readOnly && device !== 'cdrom' ? true : undefined,
    isAlone: source?.kind === 'file' && source.format === 'qcow2' ? true : undefined,
    alias: volumeAlias(volume),
    // Its own name tells the place, so that it is the same whichever disks come and go.
    scsiUnit: bus === 'scsi' && scsiModel(input, options) === 'virtio-scsi' ? deviceIndex(target) : undefined,
  };
}

/** What QEMU reads it as; an empty drive is raw. */
export function formatOf({ source }: Pick<Volume, 'source'>): 'qcow2' | 'raw' {
  return source?.kind === 'own' || source?.kind === 'file' ? source.format : 'raw';
}

/** `directory`: where the instance's own files lie. */
export function diskSource({ source }: Pick<Volume, 'source'>, directory: string): DiskSource | null {
  switch (source?.kind) {
    case undefined:
      return null;
    case 'own':
      return { file: join(directory, source.fileName) };
    case 'file':
      return { file: source.path };
    case 'block':
      return { block: source.path };
    case 'nbd': {
      const { server } = source;
      const host = 'socket' in server ? server : { name: server.host, port: server.port };
      return { protocol: 'nbd', name: source.exportName, host };
    }
    case 'iscsi':
      return {
        protocol: 'iscsi',
        name: `${source.target}/${source.lun}`,
        host: { name: source.host, port: source.port },
      };
    default:
      return source satisfies never;
  }
}

type Driven = Pick<DomainDisk, 'format' | 'device' | 'bus' | 'bootsFirst'>;

function driver(disk: Driven, { hardware, settings }: DomainInput): DiskDevice['driver'] {
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

export function scsiController(input: DomainInput, options: GuestOptions): readonly Device[] {
  const model = scsiModel(input, options);
  if (model === undefined) return [];
  const isServed =
    input.hardware.options.ioThreads &&
    model === 'virtio-scsi' &&
    input.disks.some(({ bus }) => bus === 'scsi');
  return [{ kind: 'controller', type: 'scsi', index: 0, model, iothread: isServed ? 1 : undefined }];
}

/** The image's; virtio-scsi for disks that came later, where libvirt did not choose one for those of the launch. */
function scsiModel({ disks, volumes = [] }: DomainInput, { image }: GuestOptions): string | undefined {
  const isLater = volumes.some(({ bus }) => bus === 'scsi') && !disks.some(({ bus }) => bus === 'scsi');
  return image.hw_scsi_model ?? (isLater ? 'virtio-scsi' : undefined);
}

/** How many I/O threads the domain needs: one for all disks, none where no disk can use it. */
export function ioThreads({ hardware, disks }: DomainInput, { image }: GuestOptions): number {
  const canUse = disks.some(
    ({ bus }) => bus === 'virtio' || (bus === 'scsi' && image.hw_scsi_model === 'virtio-scsi'),
  );
  return hardware.options.ioThreads && canUse ? 1 : 0;
}
