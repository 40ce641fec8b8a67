// Chooses a guest's virtual hardware from flavor, image and host. Pure. What it gives is recorded with the instance,
// so that other defaults later change nothing for it (as nova/virt/libvirt/driver.py does in system_metadata).
import { Fault } from '../base/index.ts';
import {
  type CpuMode,
  type DiskBus,
  extraSpecs,
  type Flavor,
  type Hardware,
  type HardwareOptions,
  type HardwareProfile,
  type ImageProperties,
  imageProperties,
  PROFILE_SWITCHES,
  type VirtType,
} from '../model/index.ts';
import { chooseCpu } from './choose-cpu.ts';
import { chooseFirmware, type FirmwareOffer } from './choose-firmware.ts';

/** The facts of the host that the choice depends on. */
export interface HardwareHost {
  readonly arch: string;
  /** What guests of the host's own architecture run under. */
  readonly virtType: VirtType;
  /** By architecture: machine types that its emulator has, and what each is really called; none when nobody asked. */
  readonly machineTypes: Readonly<Record<string, MachineTypes>>;
  /** CPU modes that libvirt says work for `virtType`; empty when nobody asked. */
  readonly cpuModes: readonly string[];
  /** By architecture. */
  readonly firmware: Readonly<Record<string, FirmwareOffer>>;
  /** How many queues a tap device may have: 256 since Linux 4.0. */
  readonly maxQueues: number;
}

/** `q35` → `pc-q35-7.2`, and that to itself. */
export type MachineTypes = Readonly<Record<string, string>>;

export interface HardwareWishes {
  /** Null leaves the choice to us. */
  readonly cpuMode: CpuMode | null;
  readonly cpuModels: readonly string[];
  readonly cpuExtraFlags: readonly string[];
  readonly diskCache: Hardware['diskCache'];
  readonly pointerModel: Hardware['pointerModel'];
  /** Machine types for images that name none, by architecture; nova.conf [libvirt]hw_machine_type. */
  readonly machineTypes: Readonly<Record<string, string>>;
  readonly options: Omit<HardwareOptions, 'hostVirtType' | 'maxQueues'>;
}

export interface HardwareRequest {
  readonly flavor: Flavor;
  readonly imageProperties: Readonly<Record<string, string>>;
  readonly host: HardwareHost;
  readonly wishes: HardwareWishes;
  /** Zed to the letter, for XML that nobody starts. */
  readonly isLiteral?: boolean;
}

/** What novalet launches with unless the configuration says otherwise. */
export const MODERN_WISHES: HardwareWishes = {
  cpuMode: null,
  cpuModels: [],
  cpuExtraFlags: [],
  diskCache: 'none',
  pointerModel: 'usbtablet',
  machineTypes: {},
  options: {
    ...PROFILE_SWITCHES.modern,
    profile: 'modern',
    guestAgent: true,
    lane: true,
    statsPeriodS: 10,
    pciePorts: 0,
    rxQueueSize: null,
    serialNumber: 'unique',
    packageVersion: '0',
  },
};

const VIF_MODELS: readonly string[] = [
  'virtio',
  'ne2k_pci',
  'pcnet',
  'rtl8139',
  'e1000',
  'e1000e',
  'spapr-vlan',
  'vmxnet3',
];

/**
 * Throws the faults of extra specs, image properties, `chooseCpu` and `chooseFirmware`, and `ARCH_UNSUPPORTED`,
 * `MACHINE_TYPE_UNSUPPORTED` or `VIF_MODEL_UNSUPPORTED`.
 */
export function chooseHardware(request: HardwareRequest): Hardware {
  const { host, wishes } = request;
  const { profile } = wishes.options;
  const image = imageProperties(request.imageProperties);
  const specs = extraSpecs(request.flavor.extraSpecs);
  const arch = image.hw_emulation_architecture ?? image.hw_architecture ?? host.arch;
  // Quirk: Zed takes its defaults from the architecture that is not the emulated one.
  const archOfDefaults = profile === 'zed' ? (image.hw_architecture ?? host.arch) : arch;
  const machineType = realMachineType(
    image.hw_machine_type ??
      wishes.machineTypes[archOfDefaults] ??
      defaultMachineType(archOfDefaults, request),
    arch,
    host,
  );
  const virtType = arch === host.arch ? host.virtType : 'qemu';
  return {
    virtType,
    arch,
    machineType,
    ...chooseCpu(request, arch, virtType),
    firmware: chooseFirmware({
      arch,
      machineType,
      image,
      specs,
      offer: host.firmware[arch],
      isLiteral: request.isLiteral === true,
    }),
    diskBus: image.hw_disk_bus ?? 'virtio',
    cdromBus: image.hw_cdrom_bus ?? defaultCdromBus(archOfDefaults, machineType, profile),
    diskCache: wishes.diskCache,
    // Quirk: Zed asks whether the configured virt_type has the card, not the one that the guest will run under.
    vifModel: chooseVifModel(image, profile === 'zed' ? host.virtType : virtType, profile),
    videoModel: image.hw_video_model ?? (arch.startsWith('ppc') ? 'vga' : 'virtio'),
    pointerModel: image.hw_pointer_model ?? wishes.pointerModel,
    pciDevices: [],
    options: { ...wishes.options, hostVirtType: host.virtType, maxQueues: host.maxQueues },
  };
}

function defaultMachineType(arch: string, { host, wishes }: HardwareRequest): string {
  switch (arch) {
    case 'x86_64':
    case 'i686': {
      const machines = host.machineTypes[arch];
      const hasQ35 = machines === undefined || machines['q35'] !== undefined;
      return wishes.options.profile === 'modern' && hasQ35 ? 'q35' : 'pc';
    }
    case 'aarch64':
    case 'armv7l':
    case 'riscv64':
      return 'virt';
    case 'ppc64':
    case 'ppc64le':
      return 'pseries';
    case 's390':
    case 's390x':
      return 's390-ccw-virtio';
    default:
      throw archUnsupported(`There is no machine type for architecture ${arch.slice(0, 80)}`);
  }
}

/** The versioned name where the host is known, so that another QEMU later gives the same machine. */
function realMachineType(machineType: string, arch: string, { machineTypes }: HardwareHost): string {
  if (Object.keys(machineTypes).length === 0) return machineType;
  const machines = machineTypes[arch];
  if (machines === undefined)
    throw archUnsupported(`The host has no emulator for architecture ${arch.slice(0, 80)}`);
  const real = Object.hasOwn(machines, machineType) ? machines[machineType] : undefined;
  if (real !== undefined) return real;
  throw new Fault(
    'unsupported',
    'MACHINE_TYPE_UNSUPPORTED',
    `The host's QEMU has no machine type "${machineType.slice(0, 80)}" for ${arch}`,
    {
      hint: 'Set hw_machine_type of the image to one that `virsh capabilities` lists.',
      details: { key: 'hw_machine_type' },
    },
  );
}

function archUnsupported(message: string): Fault {
  return new Fault('unsupported', 'ARCH_UNSUPPORTED', message, {
    hint: 'Check hw_architecture of the image, install its QEMU, or set hw_machine_type.',
    details: { key: 'hw_architecture' },
  });
}

/** Quirk: Zed gives IDE to whatever architecture it does not list, such as riscv64, which has none. */
function defaultCdromBus(arch: string, machineType: string, profile: HardwareProfile): DiskBus {
  const isX86 = arch === 'x86_64' || arch === 'i686';
  const isListed = arch === 'aarch64' || arch.startsWith('ppc') || arch.startsWith('s390');
  if (isListed || (!isX86 && profile === 'modern')) return 'scsi';
  return machineType.includes('q35') ? 'sata' : 'ide';
}

function chooseVifModel(image: ImageProperties, virtType: VirtType, profile: HardwareProfile): string {
  const model = image.hw_vif_model ?? 'virtio';
  const isLan9118 = model === 'lan9118' && virtType === 'qemu';
  const isIgb = model === 'igb' && profile === 'modern';
  if (VIF_MODELS.includes(model) || isLan9118 || isIgb) return model;
  throw new Fault(
    'unsupported',
    'VIF_MODEL_UNSUPPORTED',
    `${virtType} has no network card "${model.slice(0, 80)}"`,
    {
      hint: `Set hw_vif_model of the image to one of ${VIF_MODELS.join(', ')}.`,
      details: { key: 'hw_vif_model' },
    },
  );
}
