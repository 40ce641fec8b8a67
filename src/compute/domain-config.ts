// Turns one guest, described by values, into libvirt's domain. Pure. Order and content are Nova's (26.2, "Zed": see
// nova/virt/libvirt/driver.py _get_guest_config); what the modern profile does otherwise is said where it does it.
import {
  type CpuTopology,
  type Domain,
  type DomainClock,
  type DomainCpu,
  type DomainFeature,
  type DomainOs,
  domainElement,
  type Element,
  type Enlightenment,
  element,
  type Sysinfo,
} from '../libvirt-xml/index.ts';
import { domainDevices } from './domain-devices.ts';
import { acceleration, type DomainInput } from './domain-input.ts';
import { novaInstanceElement } from './domain-metadata.ts';
import { type GuestOptions, guestOptions } from './guest-options.ts';

/** What to give to `serializeXml`. Throws the faults of `guestOptions`. */
export function domainConfig(input: DomainInput): Element {
  const options = guestOptions(input);
  const { hardware, flavor } = input;
  const domain: Domain = {
    virtType: hardware.virtType,
    uuid: input.uuid,
    name: input.domainName,
    memoryKiB: flavor.memoryMiB * 1024,
    vcpus: flavor.vcpus,
    metadata: [novaInstanceElement(input)],
    sysinfo: isX86(hardware.arch) ? sysinfo(input) : null,
    os: domainOs(input, options),
    features: domainFeatures(input, options),
    cpuTune: options.cpuTune,
    clock: domainClock(input, options),
    cpu: domainCpu(input, options.topology),
    devices: domainDevices(input, options),
  };
  return domainElement(domain);
}

function isX86(arch: string): boolean {
  return arch === 'x86_64' || arch === 'i686';
}

function sysinfo({ uuid, settings }: DomainInput): Sysinfo {
  return {
    manufacturer: settings.sysinfo.manufacturer,
    product: settings.sysinfo.product,
    version: settings.packageVersion,
    serial: settings.sysinfo.serial === 'unique' ? uuid : undefined,
    uuid,
    family: 'Virtual Machine',
  };
}

function domainOs(input: DomainInput, options: GuestOptions): DomainOs {
  const { hardware, paths, settings } = input;
  const { firmware } = hardware;
  const hasKernel = paths.kernel !== null;
  return {
    arch: hardware.arch,
    machine: hardware.machineType,
    loader:
      firmware.kind === 'uefi'
        ? { path: firmware.loader, secure: firmware.secure, nvramTemplate: firmware.nvramTemplate }
        : undefined,
    kernel: paths.kernel ?? undefined,
    initrd: hasKernel || settings.rescue ? (paths.ramdisk ?? undefined) : undefined,
    cmdline: hasKernel ? kernelCommandLine(input, options) : undefined,
    boot: hasKernel || settings.rescue ? [] : [input.disks[0]?.device === 'cdrom' ? 'cdrom' : 'hd'],
    smbios: isX86(hardware.arch),
    bootMenu: options.bootMenu,
  };
}

function kernelCommandLine(input: DomainInput, { image }: GuestOptions): string {
  const { os_command_line: ofImage } = image;
  if (ofImage !== undefined && ofImage !== '' && !input.settings.rescue) return ofImage;
  const root = `root=/dev/${input.disks[0]?.target ?? 'vda'}`;
  const words = [root, 'console=tty0', 'console=ttyS0', 'console=hvc0'];
  return [...words, ...(acceleration(input) === 'qemu' ? ['no_timer_check'] : [])].join(' ');
}

function domainFeatures(input: DomainInput, options: GuestOptions): readonly DomainFeature[] {
  const { hardware, settings } = input;
  const isZed = settings.profile === 'zed';
  const isKvm = hardware.virtType === 'kvm';
  const features: DomainFeature[] = [];
  if (isX86(hardware.arch) && hardware.firmware.kind === 'uefi' && hardware.firmware.secure) {
    // Quirk: Zed nests the element in itself, which libvirt reads as a plain <smm/>.
    const nested = element('smm', {}, element('smm', { state: 'on' }));
    features.push(isZed ? { kind: 'raw', element: nested } : { kind: 'smm' });
  }
  features.push({ kind: 'acpi' });
  if (isZed || isX86(hardware.arch)) features.push({ kind: 'apic' });
  // TCG has none of the enlightenments: QEMU would warn of each and start without it.
  if (options.isWindows && (isZed || isKvm)) {
    features.push({ kind: 'hyperv', enlightenments: enlightenments(options.hideHypervisor, isZed) });
  }
  if (isX86(hardware.arch) || hardware.arch === 'aarch64') features.push({ kind: 'vmcoreinfo' });
  if (options.hideHypervisor && (isZed || isKvm)) features.push({ kind: 'kvm-hidden' });
  if (options.pmu !== undefined) features.push({ kind: 'pmu', on: options.pmu });
  return features;
}

/**
 * Zed also asks for reenlightenment and evmcs; later versions of Nova took them back, because the first stops live
 * migration and the second exists on Intel only.
 */
function enlightenments(hideHypervisor: boolean, isZed: boolean): readonly Enlightenment[] {
  const plain = (...names: readonly string[]): readonly Enlightenment[] => names.map((name) => ({ name }));
  return [
    ...plain('relaxed', 'vapic'),
    { name: 'spinlocks', attributes: { retries: 8191 } },
    ...(hideHypervisor ? [{ name: 'vendor_id', attributes: { value: '1234567890ab' } }] : []),
    ...plain('vpindex', 'runtime', 'synic', 'reset', 'frequencies'),
    ...(isZed ? plain('reenlightenment') : []),
    ...plain('tlbflush', 'ipi'),
    ...(isZed ? plain('evmcs') : []),
  ];
}

function domainClock(input: DomainInput, options: GuestOptions): DomainClock {
  const timers: DomainClock['timers'][number][] = [];
  if (acceleration(input) === 'kvm') {
    timers.push({ name: 'pit', tickpolicy: 'delay' }, { name: 'rtc', tickpolicy: 'catchup' });
    if (isX86(input.hardware.arch)) {
      timers.push({ name: 'hpet', present: options.image.hw_time_hpet ?? false });
    }
    if (options.isWindows) timers.push({ name: 'hypervclock', present: true });
  }
  return { offset: options.isWindows ? 'localtime' : 'utc', timers };
}

function domainCpu({ hardware, host }: DomainInput, topology: CpuTopology): DomainCpu {
  const { cpuMode, cpuModels } = hardware;
  const isEmulated = hardware.arch !== host.arch;
  if (cpuMode === 'none' && !isEmulated) return { mode: null, model: null, topology, features: [] };
  return {
    mode: isEmulated ? null : cpuMode,
    model: cpuMode === 'custom' ? (cpuModels[0] ?? null) : null,
    topology,
    features: cpuFeatures(hardware.cpuExtraFlags),
  };
}

/** `+vmx`, `vmx` and `-vmx`, sorted by name as Nova does. */
function cpuFeatures(flags: readonly string[]): DomainCpu['features'] {
  const policies = new Map<string, 'require' | 'disable'>();
  for (const flag of flags) {
    const name = flag
      .trim()
      .toLowerCase()
      .replace(/^[+-]+/, '');
    policies.set(name, flag.trim().startsWith('-') ? 'disable' : 'require');
  }
  const sorted = [...policies].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([name, policy]) => ({ policy, name }));
}
