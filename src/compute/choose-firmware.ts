// Chooses a guest's firmware. Pure. Rules: nova/virt/libvirt/driver.py, _configure_guest_by_virt_type; the files are
// the host's (src/host/firmware.ts).
import { Fault } from '../base/index.ts';
import type { ExtraSpecs, Firmware, ImageProperties } from '../model/index.ts';
import { agreed } from './agreed.ts';

export interface FirmwareFiles {
  readonly loader: string;
  readonly nvramTemplate: string;
}

export interface FirmwareOffer {
  readonly plain: FirmwareFiles | null;
  /** A loader that enforces secure boot, with keys enrolled in its variables. */
  readonly secure: FirmwareFiles | null;
}

export interface FirmwareRequest {
  readonly arch: string;
  readonly machineType: string;
  readonly image: ImageProperties;
  readonly specs: ExtraSpecs;
  /** Undefined where the host has none for this architecture. */
  readonly offer: FirmwareOffer | undefined;
  /** Zed to the letter. */
  readonly isLiteral: boolean;
}

/** Debian's. */
const PACKAGES: Readonly<Record<string, string>> = {
  x86_64: 'ovmf',
  i686: 'ovmf-ia32',
  aarch64: 'qemu-efi-aarch64',
  armv7l: 'qemu-efi-arm',
};

/** Throws `FLAVOR_IMAGE_CONFLICT`, `SECURE_BOOT_UNSUPPORTED` or `FIRMWARE_ABSENT`. */
export function chooseFirmware(request: FirmwareRequest): Firmware {
  const { arch, machineType, image, specs, offer } = request;
  const isUefi = (image.hw_firmware_type ?? (arch === 'aarch64' ? 'uefi' : 'bios')) === 'uefi';
  // Quirk: Zed starts a BIOS guest without secure boot although the flavor or image requires it.
  if (!isUefi && request.isLiteral) return { kind: 'bios' };
  const policy = agreed('os:secure_boot', specs.secureBoot, image.os_secure_boot);
  const files = offer?.secure ?? null;
  const canSecure = isUefi && files !== null && (arch !== 'x86_64' || machineType.includes('q35'));
  if (policy === 'required' && !canSecure) throw secureBootUnsupported();
  if (!isUefi) return { kind: 'bios' };
  const secure = canSecure && (policy === 'required' || policy === 'optional');
  const chosen = secure ? files : (offer?.plain ?? null);
  if (chosen === null) throw firmwareAbsent(arch);
  // As Nova's master, which looks at it only where the image itself asks for UEFI.
  const stateless = image.hw_firmware_type === 'uefi' && image.hw_firmware_stateless === true;
  return { kind: 'uefi', ...chosen, secure, stateless };
}

function firmwareAbsent(arch: string): Fault {
  const debian = PACKAGES[arch];
  const cure = debian === undefined ? 'Debian has none' : `apt install ${debian}`;
  return new Fault('unsupported', 'FIRMWARE_ABSENT', `The host has no UEFI firmware for ${arch}`, {
    hint: `${cure}; or set hw_firmware_type=bios on the image.`,
    details: { key: 'hw_firmware_type' },
  });
}

function secureBootUnsupported(): Fault {
  return new Fault(
    'unsupported',
    'SECURE_BOOT_UNSUPPORTED',
    'Secure boot is required and cannot be had here',
    {
      hint: 'It needs hw_firmware_type=uefi, on x86_64 hw_machine_type=q35, and a secure-boot firmware on the host.',
      details: { key: 'os:secure_boot' },
    },
  );
}
