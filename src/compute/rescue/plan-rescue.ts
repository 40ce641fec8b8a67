// Decides a rescue. Pure: instance and rescue image go in, what it will run from comes out. Rules:
// nova/virt/libvirt/driver.py, rescue. Otherwise than in Nova the recorded hardware stays, an image brings its own kernel or
// none, and there is always a config drive, by which keys and password come.
import { Fault } from '../../base/index.ts';
import {
  configDriveFormatOf,
  type Disk,
  type DriveDatasource,
  type Instance,
  imageProperties,
  type Rescue,
} from '../../model/index.ts';
import { nextDeviceName } from '../device-names.ts';
import { diskLayout, RESCUE_DISK } from '../disk-layout.ts';
import { diskStep, type FileSources } from '../file-steps.ts';
import { checkDevices } from '../launch-devices.ts';
import { diskPath, instancePaths } from '../paths.ts';
import type { FileStep } from '../plan.ts';
import type { Settings } from '../settings.ts';
import { isStableRescue, rescueDeviceUnsupported, rescuePlace } from './stable-rescue.ts';

export const RESCUE_CONFIG = 'disk.config.rescue';
/** All that a rescue adds to an instance's directory. */
export const RESCUE_FILES: readonly string[] = [
  RESCUE_DISK,
  RESCUE_CONFIG,
  'kernel.rescue',
  'ramdisk.rescue',
];

export interface RescueContext {
  readonly settings: Pick<Settings, 'configDriveFormat' | 'vncListen'>;
  readonly instances: string;
  readonly datasource: DriveDatasource;
}

export interface RescuePlan {
  readonly rescue: Rescue;
  /** What is made for it, beside the instance's own files. */
  readonly steps: readonly FileStep[];
}

/**
 * Throws `IMAGE_ARCH_CONFLICT`, `FLAVOR_MEMORY_TOO_SMALL`, `RESCUE_DEVICE_UNSUPPORTED`, `DISK_BUS_FULL`,
 * `IMAGE_PROPERTY_INVALID` and the faults of `checkDevices`.
 */
export function planRescue(instance: Instance, sources: FileSources, context: RescueContext): RescuePlan {
  const { image } = sources;
  const properties = imageProperties(image.properties);
  checkArch(instance, image.name, properties.hw_architecture);
  checkRam(instance, sources);
  const isStable = isStableRescue(properties);
  const disks = isStable
    ? stableDisks(instance, sources, context.datasource)
    : legacyDisks(instance, sources, context);
  checkDevices({ ...instance, disks }, { hasDisplay: context.settings.vncListen !== null });
  const rescue: Rescue = {
    image: { id: image.id, name: image.name, properties: image.properties },
    disks,
    isStable,
  };
  return { rescue, steps: rescueSteps(instance, rescue, sources, context.instances) };
}

/** The rescue disk comes first, the instance's root disk second; its ephemeral and swap disks are not there. */
function legacyDisks(
  { flavor, hardware, disks }: Instance,
  { image }: FileSources,
  { settings, datasource }: RescueContext,
): readonly Disk[] {
  const config = disks.find(({ role }) => role === 'config');
  const laid = diskLayout({
    flavor,
    hardware,
    imageFormat: image.diskFormat,
    imageSizeBytes: image.virtualSizeBytes,
    configDrive: true,
    configDriveFormat: config === undefined ? settings.configDriveFormat : configDriveFormatOf(config),
    datasource,
    agentDrive: disks.some(({ role }) => role === 'agent'),
    rescue: true,
  });
  const root = disks.find(({ role }) => role === 'root');
  return laid.map((disk) => {
    if (disk.fileName === RESCUE_DISK) return { ...disk, sizeBytes: image.virtualSizeBytes };
    if (disk.role !== 'root' || root === undefined) return disk;
    return { ...disk, format: root.format, sizeBytes: root.sizeBytes };
  });
}

/** Every disk keeps its place; the drive in the config drive's place is the rescue's. */
function stableDisks(
  { disks, volumes, hardware }: Instance,
  { image }: FileSources,
  datasource: DriveDatasource,
): readonly Disk[] {
  const taken = new Set([...disks, ...volumes].map(({ target }) => target));
  const place = (bus: Disk['bus']) => {
    const target = nextDeviceName(bus, taken);
    taken.add(target);
    return { bus, target };
  };
  const hasConfig = disks.some(({ role }) => role === 'config');
  const own = disks.map((disk) =>
    disk.role === 'config' ? { ...disk, fileName: RESCUE_CONFIG, datasource } : disk,
  );
  const config = (): Disk => ({
    role: 'config',
    fileName: RESCUE_CONFIG,
    format: 'raw',
    device: 'cdrom',
    sizeBytes: 0,
    datasource,
    ...place(hardware.cdromBus),
  });
  const { device, bus } = rescuePlace(imageProperties(image.properties), hardware);
  if (device === 'lun') throw rescueDeviceUnsupported(device); // of a whole SCSI device, which a file is not
  const kept = hasConfig ? own : [...own, config()];
  return [
    ...kept,
    {
      role: 'root',
      fileName: RESCUE_DISK,
      format: 'qcow2',
      device,
      sizeBytes: image.virtualSizeBytes,
      ...place(bus),
    },
  ];
}

function rescueSteps(
  instance: Instance,
  rescue: Rescue,
  { image, kernel, ramdisk }: FileSources,
  instances: string,
): readonly FileStep[] {
  const paths = instancePaths(instances, instance.id, '.rescue');
  const isNew = ({ fileName }: Disk) => fileName === RESCUE_DISK || fileName === RESCUE_CONFIG;
  return [
    { kind: 'base-image', image },
    ...rescue.disks.filter(isNew).map((disk) => diskStep(disk, diskPath(paths, disk), () => image)),
    ...(kernel === null ? [] : [{ kind: 'kernel' as const, path: paths.kernel, image: kernel }]),
    ...(ramdisk === null ? [] : [{ kind: 'ramdisk' as const, path: paths.ramdisk, image: ramdisk }]),
  ];
}

/** Throws `IMAGE_ARCH_CONFLICT`. */
export function checkArch(
  { name, hardware }: Pick<Instance, 'name' | 'hardware'>,
  image: string,
  arch: string | undefined,
): void {
  if (arch === undefined || arch === hardware.arch) return;
  throw new Fault(
    'invalid',
    'IMAGE_ARCH_CONFLICT',
    `Image ${image} is for ${arch.slice(0, 80)}, and ${name} is a machine of ${hardware.arch}`,
    {
      hint: 'Choose an image of the same architecture: novalet image list',
      details: { key: 'hw_architecture' },
    },
  );
}

function checkRam({ flavor }: Pick<Instance, 'flavor'>, { image }: FileSources): void {
  if (flavor.memoryMiB >= image.minRamMiB) return;
  throw new Fault(
    'invalid',
    'FLAVOR_MEMORY_TOO_SMALL',
    `Flavor ${flavor.name} has ${flavor.memoryMiB} MiB of memory, and image ${image.name} needs ${image.minRamMiB}`,
    { hint: 'Choose an image that needs less, or a larger flavor: novalet flavor list' },
  );
}
