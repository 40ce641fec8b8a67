// What flavor and image ask of a guest's domain beyond its hardware, with their disagreements settled. Pure.
// Rules: nova/virt/hardware.py and nova/virt/libvirt/driver.py.
import { Fault } from '../base/index.ts';
import type { CpuTopology, MaxPhysAddr, RngDevice } from '../libvirt-xml/index.ts';
import { type ExtraSpecs, extraSpecs, type ImageProperties, imageProperties } from '../model/index.ts';
import { agreed } from './agreed.ts';
import { cpuTopology } from './cpu-topology.ts';
import type { DomainInput } from './domain-input.ts';
import { type GuestLimits, guestLimits } from './guest-limits.ts';
import { maximaOf } from './sizes/choose-maxima.ts';

export interface GuestOptions extends GuestLimits {
  readonly specs: ExtraSpecs;
  readonly image: ImageProperties;
  readonly isWindows: boolean;
  readonly topology: CpuTopology;
  readonly bootMenu: boolean;
  readonly hideHypervisor: boolean;
  readonly pmu: boolean | undefined;
  readonly multiqueue: boolean;
  readonly packedRing: boolean;
  readonly watchdogAction: string | null;
  readonly rng: RngDevice | null;
  readonly videoRamKiB: number | undefined;
  readonly serialPorts: number;
  readonly tpm: { readonly model: string; readonly version: '1.2' | '2.0' } | null;
  readonly iommuModel: string | null;
  readonly soundModel: string | undefined;
  readonly usbModel: string | undefined;
  readonly redirectedUsbPorts: number;
  readonly maxPhysAddr: MaxPhysAddr | undefined;
}

const RNG_SOURCE = '/dev/urandom';
/** ALLOWED_QEMU_SERIAL_PORTS. */
const MAX_SERIAL_PORTS = 3;

/**
 * Throws the faults of extra specs, image properties and the CPU topology, and `FLAVOR_IMAGE_CONFLICT`,
 * `VIDEO_RAM_EXCEEDED`, `SERIAL_PORTS_EXCEEDED`, `TPM_UNSUPPORTED` or `VIOMMU_UNSUPPORTED`.
 */
export function guestOptions(input: DomainInput): GuestOptions {
  const specs = extraSpecs(input.flavor.extraSpecs);
  const image = imageProperties(input.imageProperties);
  const { vcpus } = input.flavor;
  // The guest's sockets have room for those that come later.
  const mostVcpus = maximaOf(input).vcpus;
  const { profile } = input.hardware.options;
  return {
    specs,
    image,
    isWindows: (input.osType ?? image.os_type) === 'windows',
    topology: cpuTopology({ vcpus: mostVcpus, specs, image, readApiNames: profile === 'modern' }),
    ...guestLimits(specs, input.settings.isLiteral),
    bootMenu: image.hw_boot_menu ?? specs.bootMenu ?? false,
    hideHypervisor: specs.hideHypervisorId || image.img_hide_hypervisor_id === true,
    pmu: agreed('hw:pmu', specs.pmu, image.hw_pmu),
    multiqueue: vcpus >= 2 && isMultiqueue(specs, image),
    packedRing:
      agreed('hw:virtio_packed_ring', specs.virtioPackedRing, image.hw_virtio_packed_ring) ??
      input.hardware.options.packedRings,
    watchdogAction: watchdogAction(specs, image),
    rng: rng(specs),
    // Quirk: Zed looks at video memory only where there is a display, which a later start here may have.
    videoRamKiB:
      input.settings.isLiteral && input.settings.vncListen === null ? undefined : videoRamKiB(specs, image),
    // Zed counts them only where [serial_console]enabled is set, which `render` cannot ask for.
    serialPorts: profile === 'zed' ? 1 : serialPorts(specs, image),
    tpm: tpm(specs, image),
    iommuModel: iommuModel(input, specs, image),
    soundModel: agreed('hw:sound_model', specs.soundModel, image.hw_sound_model),
    usbModel: agreed('hw:usb_model', specs.usbModel, image.hw_usb_model),
    redirectedUsbPorts:
      agreed('hw:redirected_usb_ports', specs.redirectedUsbPorts, image.hw_redirected_usb_ports) ?? 0,
    maxPhysAddr: maxPhysAddr(specs, image),
  };
}

function isMultiqueue(specs: ExtraSpecs, image: ImageProperties): boolean {
  const { vifMultiqueueEnabled: ofFlavor } = specs;
  return agreed('hw:vif_multiqueue_enabled', ofFlavor, image.hw_vif_multiqueue_enabled) ?? false;
}

function watchdogAction(specs: ExtraSpecs, image: ImageProperties): string | null {
  const action = image.hw_watchdog_action ?? specs.watchdogAction ?? 'disabled';
  return action === 'disabled' ? null : action;
}

function rng(specs: ExtraSpecs): RngDevice | null {
  if (specs.rngAllowed === false) return null;
  const { rngRateBytes: bytes = 0, rngRatePeriodMs: periodMs = 0 } = specs;
  const rate = bytes > 0 && periodMs > 0 ? { bytes, periodMs } : undefined;
  return { kind: 'rng', source: RNG_SOURCE, rate };
}

function videoRamKiB(specs: ExtraSpecs, image: ImageProperties): number | undefined {
  const wanted = image.hw_video_ram ?? 0;
  const allowed = specs.videoRamMaxMiB ?? 0;
  if (wanted <= allowed) return wanted === 0 ? undefined : wanted * 1024;
  throw new Fault(
    'invalid',
    'VIDEO_RAM_EXCEEDED',
    `The image asks for ${wanted} MiB of video memory and the flavor allows ${allowed}`,
    { hint: 'Lower hw_video_ram of the image, or raise hw_video:ram_max_mb of the flavor.' },
  );
}

function serialPorts(specs: ExtraSpecs, image: ImageProperties): number {
  const ofFlavor = specs.serialPortCount ?? 0;
  const ofImage = image.hw_serial_port_count ?? 0;
  const ports = ofImage || ofFlavor || 1;
  if ((ofFlavor === 0 || ofImage <= ofFlavor) && ports <= MAX_SERIAL_PORTS) return ports;
  throw new Fault(
    'invalid',
    'SERIAL_PORTS_EXCEEDED',
    `The guest asks for ${ports} serial ports; the flavor allows ${ofFlavor || MAX_SERIAL_PORTS} and QEMU ${MAX_SERIAL_PORTS}`,
    { hint: 'Lower hw_serial_port_count of the image or hw:serial_port_count of the flavor.' },
  );
}

/** Rules: get_vtpm_constraint. A model without a version asks for nothing. */
function tpm(specs: ExtraSpecs, image: ImageProperties): GuestOptions['tpm'] {
  const version = agreed('hw:tpm_version', specs.tpmVersion, image.hw_tpm_version);
  if (version === undefined) return null;
  const model = agreed('hw:tpm_model', specs.tpmModel, image.hw_tpm_model) ?? 'tpm-tis';
  if (model === 'tpm-crb' && version !== '2.0') {
    throw new Fault(
      'invalid',
      'TPM_UNSUPPORTED',
      `A TPM of model ${model} has version 2.0, and ${version} is asked for`,
      {
        hint: 'Set hw:tpm_version to 2.0, or hw:tpm_model to tpm-tis.',
        details: { key: 'hw:tpm_model' },
      },
    );
  }
  return { model, version };
}

/**
 * Rules: _get_iommu_model; the flavor wins. `auto` is virtio, as Zed chooses beside libvirt 8.3 and later.
 */
function iommuModel(input: DomainInput, specs: ExtraSpecs, image: ImageProperties): string | null {
  const model = specs.viommuModel ?? image.hw_viommu_model;
  if (model === undefined) return null;
  const { arch, machineType } = input.hardware;
  const isX86 = arch === 'x86_64' || arch === 'i686';
  const fits = isX86 ? machineType.includes('q35') : arch === 'aarch64' && machineType.includes('virt');
  // Quirk: Zed writes the other architecture's, which libvirt refuses.
  const isForeign = model === (isX86 ? 'smmuv3' : 'intel') && !input.settings.isLiteral;
  if (fits && !isForeign) return model === 'auto' ? 'virtio' : model;
  throw new Fault(
    'unsupported',
    'VIOMMU_UNSUPPORTED',
    `A guest of machine type ${machineType} on ${arch} can have no IOMMU of model ${model}`,
    {
      hint: 'On x86_64 hw_machine_type=q35 can have intel or virtio, on aarch64 virt smmuv3 or virtio; or take hw:viommu_model away.',
      details: { key: 'hw:viommu_model' },
    },
  );
}

/** Rules: master, _get_guest_cpu_config_maxphysaddr: the flavor wins, bits count only beside a mode. */
function maxPhysAddr(specs: ExtraSpecs, image: ImageProperties): MaxPhysAddr | undefined {
  const mode = agreed('hw:maxphysaddr_mode', specs.maxphysaddrMode, image.hw_maxphysaddr_mode);
  const bits = specs.maxphysaddrBits ?? image.hw_maxphysaddr_bits;
  return mode === undefined ? undefined : { mode, bits };
}
