// Turns one guest, described by values, into libvirt's domain. Pure. Order and content are Nova's (26.2, "Zed": see
// nova/virt/libvirt/driver.py _get_guest_config); what the modern profile does otherwise is said where it does it.
import {
  type Domain,
  type DomainClock,
  type DomainCpu,
  type DomainFeature,
  type DomainOs,
  domainElement,
  type Element,
  type Enlightenment,
  element,
  type Loader,
  type Sysinfo,
} from '../libvirt-xml/index.ts';
import { smbiosIdentity, wholeKernelLine } from './carrier.ts';
import { ioThreads } from './disk-devices.ts';
import { domainDevices } from './domain-devices.ts';
import { acceleration, type DomainInput } from './domain-input.ts';
import { novaInstanceElement } from './domain-metadata.ts';
import { type GuestOptions, guestOptions } from './guest-options.ts';
import { type NumaDomain, numaDomain } from './numa/numa-domain.ts';
import { withSharedMemory } from './shares/share-devices.ts';
import { maximaOf } from './sizes/choose-maxima.ts';

/** What to give to `serializeXml`. Throws the faults of `guestOptions`. */
export function domainConfig(input: DomainInput): Element {
  const options = guestOptions(input);
  const threads = ioThreads(input, options);
  const numa = numaDomain(input.numa, threads);
  const { hardware, flavor } = input;
  const maxima = maximaOf(input);
  const domain: Domain = {
    virtType: hardware.virtType,
    uuid: input.uuid,
    name: input.domainName,
    generationId: isX86(hardware.arch) ? input.generationId : undefined,
    memoryKiB: maxima.memoryMiB * 1024,
    currentMemoryKiB: maxima.memoryMiB > flavor.memoryMiB ? flavor.memoryMiB * 1024 : undefined,
    memoryBacking: withSharedMemory(numa.memoryBacking, input.shares ?? []),
    numaTune: numa.numaTune,
    vcpus: maxima.vcpus,
    currentVcpus: maxima.vcpus > flavor.vcpus ? flavor.vcpus : undefined,
    vcpuCpus: input.numa === null ? input.settings.sharedCpus : null,
    metadata: [novaInstanceElement(input)],
    sysinfo: isX86(hardware.arch) ? sysinfo(input) : null,
    os: domainOs(input, options),
    features: domainFeatures(input, options),
    ioThreads: threads,
    cpuTune: { ...options.cpuTune, ...numa.cpuTune },
    clock: domainClock(input, options),
    cpu: domainCpu(input, options, numa),
    devices: domainDevices(input, options),
  };
  return domainElement(domain);
}

function isX86(arch: string): boolean {
  return arch === 'x86_64' || arch === 'i686';
}

function sysinfo({ uuid, hardware, settings, carrier }: DomainInput): Sysinfo {
  const { packageVersion, serialNumber } = hardware.options;
  const { manufacturer, product, serial } = smbiosIdentity(carrier, uuid);
  return {
    manufacturer: manufacturer ?? settings.manufacturer,
    product: product ?? settings.product,
    version: packageVersion,
    serial: serial ?? (serialNumber === 'unique' ? uuid : undefined),
    uuid,
    family: 'Virtual Machine',
  };
}

function domainOs(input: DomainInput, options: GuestOptions): DomainOs {
  const { hardware, paths, settings } = input;
  const hasKernel = paths.kernel !== null;
  return {
    arch: hardware.arch,
    machine: hardware.machineType,
    loader: domainLoader(input),
    kernel: paths.kernel ?? undefined,
    initrd: hasKernel || settings.rescue ? (paths.ramdisk ?? undefined) : undefined,
    cmdline: hasKernel ? kernelCommandLine(input, options) : undefined,
    boot: hasKernel || settings.rescue ? [] : [input.disks[0]?.device === 'cdrom' ? 'cdrom' : 'hd'],
    smbios: isX86(hardware.arch),
    bootMenu: options.bootMenu,
  };
}

/** Firmware that keeps no variables is master's, which leaves its choice to libvirt; a launch keeps to what was chosen. */
function domainLoader({ hardware, settings }: DomainInput): Loader | undefined {
  const { firmware } = hardware;
  if (firmware.kind === 'bios') return undefined;
  const { loader, nvramTemplate, secure, stateless } = firmware;
  if (!stateless) return { path: loader, secure, nvramTemplate };
  return { path: settings.isLiteral ? null : loader, secure, nvramTemplate: null };
}

/** The image's own in place of Nova's, and behind either what leads the guest to its documents. */
function kernelCommandLine(input: DomainInput, { image }: GuestOptions): string {
  const { os_command_line: ofImage } = image;
  // Quirk: Nova boots a rescue with the instance's kernel, and so not with the rescue image's words.
  const isUnfit = input.settings.rescue && input.settings.isLiteral;
  const isOwn = ofImage !== undefined && ofImage !== '' && !isUnfit;
  const line = isOwn ? ofImage : usualCommandLine(input);
  return wholeKernelLine(line, input.carrier, input.uuid);
}

function usualCommandLine(input: DomainInput): string {
  const { isLiteral } = input.settings;
  const disk = (isLiteral ? undefined : input.disks.find(({ bootsFirst }) => bootsFirst)) ?? input.disks[0];
  const root = `root=/dev/${disk?.target ?? 'vda'}`;
  const words = [root, 'console=tty0', 'console=ttyS0', 'console=hvc0'];
  return [...words, ...(acceleration(input) === 'qemu' ? ['no_timer_check'] : [])].join(' ');
}

function domainFeatures(input: DomainInput, options: GuestOptions): readonly DomainFeature[] {
  const { hardware, settings } = input;
  const { isLiteral } = settings;
  const { firmware } = hardware;
  const isZed = hardware.options.profile === 'zed';
  const isKvm = hardware.virtType === 'kvm';
  const features: DomainFeature[] = [];
  const isStateless = firmware.kind === 'uefi' && firmware.stateless;
  if (isX86(hardware.arch) && firmware.kind === 'uefi' && firmware.secure && !(isLiteral && isStateless)) {
    // Quirk: Zed nests the element in itself, which libvirt reads as a plain <smm/>.
    const nested = element('smm', {}, element('smm', { state: 'on' }));
    features.push(isLiteral ? { kind: 'raw', element: nested } : { kind: 'smm' });
  }
  features.push({ kind: 'acpi' });
  if (isZed || isX86(hardware.arch)) features.push({ kind: 'apic' });
  // TCG has none of the enlightenments: QEMU would warn of each and start without it.
  if (options.isWindows && (isZed || isKvm)) {
    features.push({ kind: 'hyperv', enlightenments: enlightenments(options.hideHypervisor, isLiteral) });
  }
  if (isX86(hardware.arch) || hardware.arch === 'aarch64') features.push({ kind: 'vmcoreinfo' });
  if (options.hideHypervisor && (isZed || isKvm)) features.push({ kind: 'kvm-hidden' });
  if (options.pmu !== undefined) features.push({ kind: 'pmu', on: options.pmu });
  // Quirk: Zed gives it to aarch64 too, which has none.
  if (options.iommuModel !== null && (isLiteral || isX86(hardware.arch)))
    features.push({ kind: 'qemu-ioapic' });
  return features;
}

/**
 * Zed also asks for reenlightenment and evmcs; later versions of Nova took them back, because the first stops live
 * migration and the second exists on Intel only.
 */
function enlightenments(hideHypervisor: boolean, isLiteral: boolean): readonly Enlightenment[] {
  const plain = (...names: readonly string[]): readonly Enlightenment[] => names.map((name) => ({ name }));
  return [
    ...plain('relaxed', 'vapic'),
    { name: 'spinlocks', attributes: { retries: 8191 } },
    ...(hideHypervisor ? [{ name: 'vendor_id', attributes: { value: '1234567890ab' } }] : []),
    ...plain('vpindex', 'runtime', 'synic', 'reset', 'frequencies'),
    ...(isLiteral ? plain('reenlightenment') : []),
    ...plain('tlbflush', 'ipi'),
    ...(isLiteral ? plain('evmcs') : []),
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

function domainCpu({ hardware, host }: DomainInput, options: GuestOptions, numa: NumaDomain): DomainCpu {
  const { cpuMode, cpuModels } = hardware;
  const isEmulated = hardware.arch !== host.arch;
  const { topology, maxPhysAddr } = options;
  return {
    mode: isEmulated || cpuMode === 'none' ? null : cpuMode,
    model: cpuModels[0] ?? null,
    topology,
    maxPhysAddr,
    features: cpuFeatures(hardware.cpuExtraFlags),
    cells: numa.guestCells,
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
