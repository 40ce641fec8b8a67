// What flavor and image ask of a guest's domain beyond its hardware, with their disagreements settled. Pure.
// Rules: nova/virt/hardware.py and nova/virt/libvirt/driver.py.
import { Fault } from '../base/index.ts';
import type { CpuTopology, CpuTune, RngDevice } from '../libvirt-xml/index.ts';
import { type ExtraSpecs, extraSpecs, type ImageProperties, imageProperties } from '../model/index.ts';
import { cpuTopology } from './cpu-topology.ts';
import type { DomainInput } from './domain-input.ts';

export interface GuestOptions {
  readonly specs: ExtraSpecs;
  readonly image: ImageProperties;
  readonly isWindows: boolean;
  readonly topology: CpuTopology;
  readonly cpuTune: CpuTune;
  /** libvirt's names of the limits, in libvirt's order. */
  readonly ioTune: Readonly<Record<string, string | undefined>>;
  readonly bootMenu: boolean;
  readonly hideHypervisor: boolean;
  readonly pmu: boolean | undefined;
  readonly multiqueue: boolean;
  readonly watchdogAction: string | null;
  readonly rng: RngDevice | null;
  readonly videoRamKiB: number | undefined;
  readonly serialPorts: number;
}

const RNG_SOURCE = '/dev/urandom';
/** ALLOWED_QEMU_SERIAL_PORTS. */
const MAX_SERIAL_PORTS = 3;

/**
 * Throws the faults of extra specs, image properties and the CPU topology, and `FLAVOR_IMAGE_CONFLICT`,
 * `VIDEO_RAM_EXCEEDED` or `SERIAL_PORTS_EXCEEDED`.
 */
export function guestOptions(input: DomainInput): GuestOptions {
  const specs = extraSpecs(input.flavor.extraSpecs);
  const image = imageProperties(input.imageProperties);
  const { vcpus } = input.flavor;
  return {
    specs,
    image,
    isWindows: (input.osType ?? image.os_type)?.toLowerCase() === 'windows',
    topology: cpuTopology({ vcpus, specs, image, readApiNames: input.settings.profile === 'modern' }),
    cpuTune: { shares: specs.cpuShares, quota: specs.cpuQuota, period: specs.cpuPeriod },
    ioTune: {
      read_bytes_sec: specs.diskReadBytesSec,
      read_iops_sec: specs.diskReadIopsSec,
      write_bytes_sec: specs.diskWriteBytesSec,
      write_iops_sec: specs.diskWriteIopsSec,
      total_bytes_sec: specs.diskTotalBytesSec,
      total_iops_sec: specs.diskTotalIopsSec,
    },
    bootMenu: image.hw_boot_menu ?? specs.bootMenu ?? false,
    hideHypervisor: specs.hideHypervisorId || image.img_hide_hypervisor_id === true,
    pmu: agreed('pmu', specs.pmu, image.hw_pmu),
    multiqueue: vcpus >= 2 && isMultiqueue(specs, image),
    watchdogAction: watchdogAction(specs, image),
    rng: rng(specs),
    videoRamKiB: videoRamKiB(specs, image),
    // Zed counts them only where [serial_console]enabled is set, which `render` cannot ask for.
    serialPorts: input.settings.profile === 'zed' ? 1 : serialPorts(specs, image),
  };
}

/** One value of a flag that flavor and image may both set, but not differently. */
function agreed(
  name: string,
  ofFlavor: boolean | undefined,
  ofImage: boolean | undefined,
): boolean | undefined {
  if (ofFlavor !== undefined && ofImage !== undefined && ofFlavor !== ofImage) {
    throw new Fault(
      'invalid',
      'FLAVOR_IMAGE_CONFLICT',
      `The flavor's hw:${name} is ${ofFlavor} and the image's hw_${name} is ${ofImage}`,
      { hint: 'Set both alike, or take one away.', details: { key: `hw:${name}` } },
    );
  }
  return ofFlavor ?? ofImage;
}

function isMultiqueue(specs: ExtraSpecs, image: ImageProperties): boolean {
  const { vifMultiqueueEnabled: ofFlavor } = specs;
  return agreed('vif_multiqueue_enabled', ofFlavor, image.hw_vif_multiqueue_enabled) ?? false;
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
