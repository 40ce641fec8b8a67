// The shapes of the stored documents: the model's types, checked when they come back.
import {
  aBoolean,
  anInteger,
  anObject,
  aString,
  byKind,
  defined,
  listOf,
  mapOf,
  oneOf,
  optional,
  orElse,
  orNull,
  Place,
  type Shape,
} from '../base/index.ts';
import type {
  AdoptedDisk,
  Adoption,
  Carrier,
  Disk,
  Firmware,
  FixedIp,
  Flavor,
  Hardware,
  HardwareOptions,
  Image,
  Instance,
  InstanceLock,
  NetworkServer,
  Port,
  PortBinding,
  Rescue,
  Resize,
  Share,
  Volume,
  VolumeSource,
} from '../model/index.ts';
import {
  DISK_BUSES,
  DISK_FORMATS,
  DRIVE_DATASOURCES,
  PLAIN_ADDRESSING,
  SEED_PLACES,
  SERVICE_DATASOURCES,
  SHARE_DRIVERS,
  TASK_STATES,
  UNRECORDED_OPTIONS,
  VM_STATES,
} from '../model/index.ts';
import { addressingShape } from './addressing-shape.ts';
import { linkShape } from './link-shape.ts';
import { placementShape } from './placement-shape.ts';
import { corruptRecord } from './sqlite-fault.ts';

/** Where the values of a stored document stand; what is wrong with one is `STORE_CORRUPT`. */
export function inRecord(name: string): Place {
  return new Place(name, (path, problem) => corruptRecord(`${path} ${problem}`));
}

export const flavorShape: Shape<Flavor> = anObject({
  name: aString,
  vcpus: anInteger,
  memoryMiB: anInteger,
  rootGiB: anInteger,
  ephemeralGiB: anInteger,
  swapMiB: anInteger,
  extraSpecs: mapOf(aString),
});

export const imageShape: Shape<Image> = anObject({
  id: aString,
  name: aString,
  diskFormat: oneOf(...DISK_FORMATS),
  minDiskGiB: anInteger,
  minRamMiB: anInteger,
  sizeBytes: anInteger,
  virtualSizeBytes: anInteger,
  sha256: orNull(aString),
  // Records from before `apply` have none.
  sourceSha256: optional(aString),
  properties: mapOf(aString),
  createdAt: aString,
});

const diskBus = oneOf(...DISK_BUSES);

const firmwareShape: Shape<Firmware> = byKind<Firmware>({
  bios: anObject({ kind: oneOf('bios') }),
  uefi: anObject({
    kind: oneOf('uefi'),
    loader: aString,
    nvramTemplate: aString,
    secure: aBoolean,
    stateless: orElse(aBoolean, false),
  }),
});

const optionsShape: Shape<HardwareOptions> = anObject({
  profile: oneOf('zed', 'modern'),
  ioThreads: aBoolean,
  autodeflate: aBoolean,
  freePageReporting: aBoolean,
  discard: aBoolean,
  ioUring: aBoolean,
  packedRings: aBoolean,
  balloon: aBoolean,
  guestAgent: aBoolean,
  lane: aBoolean,
  statsPeriodS: anInteger,
  pciePorts: anInteger,
  rxQueueSize: orNull(anInteger),
  serialNumber: oneOf('unique', 'none'),
  packageVersion: aString,
  hostVirtType: oneOf('kvm', 'qemu'),
  maxQueues: anInteger,
});

const storedHardware = anObject({
  virtType: oneOf('kvm', 'qemu'),
  arch: aString,
  machineType: aString,
  cpuMode: oneOf('host-model', 'host-passthrough', 'maximum', 'custom', 'none'),
  cpuModels: listOf(aString),
  cpuExtraFlags: listOf(aString),
  firmware: firmwareShape,
  diskBus,
  cdromBus: diskBus,
  diskCache: oneOf('none', 'writeback', 'writethrough', 'directsync', 'unsafe'),
  vifModel: aString,
  videoModel: aString,
  pointerModel: orNull(oneOf('usbtablet')),
  pciDevices: orElse(listOf(aString), []),
  options: orElse(optionsShape, UNRECORDED_OPTIONS),
  // Most have none, and none from before sizes could be changed.
  maxima: optional(anObject({ vcpus: anInteger, memoryMiB: anInteger })),
});

const hardwareShape: Shape<Hardware> = (value, at) => {
  const { maxima, ...hardware } = storedHardware(value, at);
  return maxima === undefined ? hardware : { ...hardware, maxima };
};

const storedDisk = anObject({
  role: oneOf('root', 'ephemeral', 'swap', 'config', 'agent'),
  fileName: aString,
  format: oneOf('qcow2', 'raw'),
  device: oneOf('disk', 'cdrom', 'floppy', 'lun'),
  bus: diskBus,
  target: aString,
  sizeBytes: anInteger,
  // Only config drives have one, and none from before NoCloud.
  datasource: optional(oneOf(...DRIVE_DATASOURCES)),
});

const diskShape: Shape<Disk> = (value, at) => {
  const { datasource, ...disk } = storedDisk(value, at);
  return datasource === undefined ? disk : { ...disk, datasource };
};

const adoptedDiskShape: Shape<AdoptedDisk> = anObject({
  target: aString,
  device: aString,
  bus: aString,
  format: orNull(aString),
  source: orNull(aString),
});

const adoptionShape: Shape<Adoption> = anObject({
  at: aString,
  domainXml: aString,
  disks: listOf(adoptedDiskShape),
  consoleLog: orNull(aString),
});

const carrierShape: Shape<Carrier> = anObject({
  service: orNull(oneOf(...SERVICE_DATASOURCES)),
  seedFrom: orNull(oneOf(...SEED_PLACES)),
  cloudConfigUrl: orNull(aString),
  networkConfig: orNull(aString),
});

export const bindingShape: Shape<PortBinding> = byKind<PortBinding>({
  network: anObject({ kind: oneOf('network'), network: aString, bridge: aString }),
  bridge: anObject({ kind: oneOf('bridge'), bridge: aString }),
  user: anObject({ kind: oneOf('user') }),
});

export const fixedIpShape: Shape<FixedIp> = anObject({ address: aString, prefix: anInteger });

const portShape: Shape<Port> = anObject({
  id: aString,
  mac: aString,
  binding: bindingShape,
  deviceName: aString,
  mtu: orNull(anInteger),
  isMtuChosen: orElse(aBoolean, false),
  fixedIps: listOf(fixedIpShape),
  // Records of 0.3 and before have neither this nor a chosen MTU.
  addressing: orElse(listOf(addressingShape), PLAIN_ADDRESSING),
});

const namedImageShape = anObject({ id: aString, name: aString, properties: mapOf(aString) });

const serverShape: Shape<NetworkServer> = (value, at) =>
  typeof value === 'object' && value !== null && 'socket' in value
    ? anObject({ socket: aString })(value, at)
    : anObject({ host: aString, port: anInteger })(value, at);

const volumeSourceShape: Shape<VolumeSource> = byKind<VolumeSource>({
  own: anObject({ kind: oneOf('own'), fileName: aString, format: oneOf('qcow2', 'raw') }),
  file: anObject({ kind: oneOf('file'), path: aString, format: oneOf('qcow2', 'raw') }),
  block: anObject({ kind: oneOf('block'), path: aString }),
  nbd: anObject({ kind: oneOf('nbd'), server: serverShape, exportName: aString }),
  iscsi: anObject({ kind: oneOf('iscsi'), host: aString, port: anInteger, target: aString, lun: anInteger }),
});

const storedVolume = anObject({
  id: aString,
  source: orNull(volumeSourceShape),
  device: oneOf('disk', 'cdrom', 'lun'),
  bus: diskBus,
  target: aString,
  readOnly: aBoolean,
  sizeBytes: orElse(orNull(anInteger), null),
  attachedAt: aString,
  // Those that `apply` attached have a name, and copies of images since then an image.
  name: optional(aString),
  imageId: optional(aString),
});

const volumeShape: Shape<Volume> = (value, at) => {
  const { name, imageId, ...volume } = storedVolume(value, at);
  return { ...volume, ...defined({ name, imageId }) };
};

const storedShare = anObject({
  tag: aString,
  path: aString,
  driver: oneOf(...SHARE_DRIVERS),
  readOnly: aBoolean,
  isApplied: optional(aBoolean),
});

const shareShape: Shape<Share> = (value, at) => {
  const { isApplied, ...share } = storedShare(value, at);
  return { ...share, ...defined({ isApplied }) };
};

const lockShape: Shape<InstanceLock> = anObject({ reason: orNull(aString), at: aString });

const rescueShape: Shape<Rescue> = anObject({
  image: namedImageShape,
  disks: listOf(diskShape),
  isStable: aBoolean,
});

const resizeShape: Shape<Resize> = anObject({
  flavor: flavorShape,
  hardware: hardwareShape,
  numa: orNull(placementShape),
  disks: listOf(diskShape),
  wasRunning: aBoolean,
  at: aString,
});

export const instanceShape: Shape<Instance> = anObject({
  id: aString,
  number: anInteger,
  domainName: aString,
  name: aString,
  hostname: aString,
  vmState: oneOf(...VM_STATES),
  taskState: orNull(oneOf(...TASK_STATES)),
  fault: orNull(anObject({ code: aString, message: aString, at: aString })),
  // Records from before `adopt` have none.
  adoption: orElse(orNull(adoptionShape), null),
  flavor: flavorShape,
  image: namedImageShape,
  hardware: hardwareShape,
  // Records of 0.3 and before have none.
  numa: orElse(orNull(placementShape), null),
  disks: listOf(diskShape),
  // Records from before guests were led to the metadata service have none.
  carrier: orElse(orNull(carrierShape), null),
  ports: listOf(portShape),
  // Records of 0.3 and before have none.
  links: orElse(listOf(linkShape), []),
  // Records from before instances had more of a life than on and off have none of these five.
  volumes: orElse(listOf(volumeShape), []),
  shares: orElse(listOf(shareShape), []),
  lock: orElse(orNull(lockShape), null),
  rescue: orElse(orNull(rescueShape), null),
  shelvedImage: optional(aString),
  templateId: optional(aString),
  generationId: optional(aString),
  resize: orElse(orNull(resizeShape), null),
  metadata: mapOf(aString),
  tags: listOf(aString),
  createdAt: aString,
  launchedAt: orNull(aString),
});
