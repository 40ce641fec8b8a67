// Chooses a guest's virtual hardware from flavor, image and host. Pure. What it gives is recorded with the instance,
// so that other defaults later change nothing for it (as nova/virt/libvirt/driver.py does in system_metadata).
import { Fault } from '../base/index.ts';
import {
  type CpuMode,
  type DiskBus,
  type ExtraSpecs,
  extraSpecs,
  type Firmware,
  type Flavor,
  type Hardware,
  type ImageProperties,
  imageProperties,
  type VirtType,
} from '../model/index.ts';

/** `zed`: what Nova 26.2 would choose. `modern`: what novalet launches with. */
export type HardwareProfile = 'zed' | 'modern';

/** The facts of the host that the choice depends on. */
export interface HardwareHost {
  readonly arch: string;
  /** What guests of the host's own architecture run under. */
  readonly virtType: VirtType;
  /** Machine types that the emulator of the guest's architecture has, aliases too; empty when nobody asked. */
  readonly machineTypes: readonly string[];
  /** CPU modes that libvirt says work for `virtType`; empty when nobody asked. */
  readonly cpuModes: readonly string[];
  readonly firmware: {
    readonly plain: FirmwareFiles | null;
    /** A loader that enforces secure boot, with keys enrolled in its variables. */
    readonly secure: FirmwareFiles | null;
  };
}

export interface FirmwareFiles {
  readonly loader: string;
  readonly nvramTemplate: string;
}

export interface HardwareWishes {
  readonly profile: HardwareProfile;
  /** Null leaves the choice to us. */
  readonly cpuMode: CpuMode | null;
  readonly cpuModels: readonly string[];
  readonly cpuExtraFlags: readonly string[];
  readonly diskCache: Hardware['diskCache'];
  readonly pointerModel: Hardware['pointerModel'];
}

export interface HardwareRequest {
  readonly flavor: Flavor;
  readonly imageProperties: Readonly<Record<string, string>>;
  readonly host: HardwareHost;
  readonly wishes: HardwareWishes;
}

/** What novalet launches with unless the configuration says otherwise. */
export const MODERN_WISHES: HardwareWishes = {
  profile: 'modern',
  cpuMode: null,
  cpuModels: [],
  cpuExtraFlags: [],
  diskCache: 'none',
  pointerModel: 'usbtablet',
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
 * Throws the faults of extra specs and image properties, and `ARCH_UNSUPPORTED`, `MACHINE_TYPE_UNSUPPORTED`,
 * `VIF_MODEL_UNSUPPORTED`, `FIRMWARE_ABSENT` or `SECURE_BOOT_UNSUPPORTED`.
 */
export function chooseHardware(request: HardwareRequest): Hardware {
  const { host, wishes } = request;
  const image = imageProperties(request.imageProperties);
  const specs = extraSpecs(request.flavor.extraSpecs);
  const arch = image.hw_emulation_architecture ?? image.hw_architecture ?? host.arch;
  // Quirk: Zed takes its defaults from the architecture that is not the emulated one.
  const archOfDefaults = wishes.profile === 'zed' ? (image.hw_architecture ?? host.arch) : arch;
  const machineType = image.hw_machine_type ?? defaultMachineType(archOfDefaults, host, wishes.profile);
  checkMachineType(machineType, arch, host);
  const virtType = arch === host.arch ? host.virtType : 'qemu';
  return {
    virtType,
    arch,
    machineType,
    ...chooseCpu(request, arch, virtType),
    firmware: chooseFirmware({ arch, machineType, image, host, secureBoot: secureBootPolicy(image, specs) }),
    diskBus: image.hw_disk_bus ?? 'virtio',
    cdromBus: image.hw_cdrom_bus ?? defaultCdromBus(archOfDefaults, machineType),
    diskCache: wishes.diskCache,
    vifModel: chooseVifModel(image, virtType, wishes.profile),
    videoModel: image.hw_video_model ?? defaultVideoModel(arch),
    pointerModel: image.hw_pointer_model ?? wishes.pointerModel,
  };
}

function defaultMachineType(arch: string, host: HardwareHost, profile: HardwareProfile): string {
  switch (arch) {
    case 'x86_64':
    case 'i686': {
      const hasQ35 = host.machineTypes.length === 0 || host.machineTypes.includes('q35');
      return profile === 'modern' && hasQ35 ? 'q35' : 'pc';
    }
    case 'aarch64':
    case 'riscv64':
      return 'virt';
    case 'ppc64le':
      return 'pseries';
    case 's390x':
      return 's390-ccw-virtio';
    default:
      throw new Fault(
        'unsupported',
        'ARCH_UNSUPPORTED',
        `There is no machine type for architecture ${arch}`,
        {
          hint: 'Check hw_architecture of the image, or set hw_machine_type.',
        },
      );
  }
}

function checkMachineType(machineType: string, arch: string, host: HardwareHost): void {
  if (host.machineTypes.length === 0 || host.machineTypes.includes(machineType)) return;
  throw new Fault(
    'unsupported',
    'MACHINE_TYPE_UNSUPPORTED',
    `The host's QEMU has no machine type "${machineType.slice(0, 80)}" for ${arch}`,
    { hint: 'Set hw_machine_type of the image to one that `virsh capabilities` lists.' },
  );
}

function chooseCpu(
  request: HardwareRequest,
  arch: string,
  virtType: VirtType,
): Pick<Hardware, 'cpuMode' | 'cpuModels' | 'cpuExtraFlags'> {
  const { host, wishes } = request;
  const cpuExtraFlags = wishes.cpuExtraFlags;
  if (arch !== host.arch) {
    const model = { aarch64: 'cortex-a57', ppc64le: 'POWER8' }[arch];
    return { cpuMode: 'custom', cpuModels: model === undefined ? wishes.cpuModels : [model], cpuExtraFlags };
  }
  const cpuMode = wishes.cpuMode ?? defaultCpuMode(arch, virtType, request);
  const aarch64Model = arch === 'aarch64' && cpuMode === 'custom' && wishes.cpuModels.length === 0;
  return { cpuMode, cpuModels: aarch64Model ? ['max'] : wishes.cpuModels, cpuExtraFlags };
}

/**
 * Nova's default is host-model under TCG too, where libvirt then builds the nearest model from QEMU's and the host's
 * features. What TCG can emulate is `maximum`, the same on every host.
 */
function defaultCpuMode(arch: string, virtType: VirtType, { host, wishes }: HardwareRequest): CpuMode {
  if (wishes.profile === 'modern' && virtType === 'qemu') {
    return host.cpuModes.length === 0 || host.cpuModes.includes('maximum') ? 'maximum' : 'none';
  }
  return arch === 'aarch64' ? 'host-passthrough' : 'host-model';
}

interface FirmwareRequest {
  readonly arch: string;
  readonly machineType: string;
  readonly image: ImageProperties;
  readonly host: HardwareHost;
  readonly secureBoot: string | undefined;
}

function chooseFirmware({ arch, machineType, image, host, secureBoot }: FirmwareRequest): Firmware {
  const isUefi = (image.hw_firmware_type ?? (arch === 'aarch64' ? 'uefi' : 'bios')) === 'uefi';
  const canSecure =
    isUefi && host.firmware.secure !== null && (arch !== 'x86_64' || machineType.includes('q35'));
  // Quirk: Zed starts a BIOS guest without secure boot although the flavor or image requires it.
  if (secureBoot === 'required' && !canSecure) {
    throw new Fault(
      'unsupported',
      'SECURE_BOOT_UNSUPPORTED',
      'Secure boot is required and cannot be had here',
      {
        hint: 'It needs hw_firmware_type=uefi, on x86_64 hw_machine_type=q35, and a secure-boot firmware on the host.',
      },
    );
  }
  if (!isUefi) return { kind: 'bios' };
  const secure = canSecure && (secureBoot === 'required' || secureBoot === 'optional');
  const files = secure ? host.firmware.secure : host.firmware.plain;
  if (files === null) {
    throw new Fault('unsupported', 'FIRMWARE_ABSENT', `The host has no UEFI firmware for ${arch}`, {
      hint: arch === 'aarch64' ? 'apt install qemu-efi-aarch64' : 'apt install ovmf',
    });
  }
  return { kind: 'uefi', ...files, secure };
}

function secureBootPolicy(image: ImageProperties, specs: ExtraSpecs): string | undefined {
  const { os_secure_boot: ofImage } = image;
  if (ofImage !== undefined && specs.secureBoot !== undefined && ofImage !== specs.secureBoot) {
    throw new Fault(
      'invalid',
      'FLAVOR_IMAGE_CONFLICT',
      `The flavor's os:secure_boot is ${specs.secureBoot} and the image's os_secure_boot is ${ofImage}`,
      { hint: 'Set both alike, or take one away.' },
    );
  }
  return specs.secureBoot ?? ofImage;
}

function defaultCdromBus(arch: string, machineType: string): DiskBus {
  if (arch !== 'x86_64' && arch !== 'i686') return 'scsi';
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
    },
  );
}

function defaultVideoModel(arch: string): string {
  return arch === 'ppc64le' ? 'vga' : 'virtio';
}
