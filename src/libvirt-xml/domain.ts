// A domain as a value, and its element. No policy: what is given is written, in the order Nova writes it
// (LibvirtConfigGuest), which libvirt accepts and its schema allows. Rules: https://libvirt.org/formatdomain.html
import { type Device, deviceElement } from './devices.ts';
import { type Element, element, textElement } from './element.ts';
import {
  type CpuTune,
  cpuSetText,
  cpuTuneElement,
  type GuestCell,
  guestCellsElement,
  type MemoryBacking,
  memoryBackingElement,
  type NumaTune,
  numaTuneElement,
} from './placement.ts';

export interface Domain {
  readonly virtType: 'kvm' | 'qemu';
  readonly uuid: string;
  readonly name: string;
  /** Of QEMU's VM Generation ID device; left out where there is none. */
  readonly generationId?: string | undefined;
  readonly memoryKiB: number;
  /** What the balloon leaves of it at the start; left out for all. */
  readonly currentMemoryKiB?: number | undefined;
  readonly memoryBacking: MemoryBacking | null;
  readonly numaTune: NumaTune | null;
  readonly vcpus: number;
  /** How many are there at the start; left out for all. */
  readonly currentVcpus?: number | undefined;
  /** Host CPUs that all vCPUs without a place of their own run on; null for any. */
  readonly vcpuCpus: readonly number[] | null;
  /** Children of `<metadata>`, each in a namespace of its own. */
  readonly metadata: readonly Element[];
  readonly sysinfo: Sysinfo | null;
  readonly os: DomainOs;
  readonly features: readonly DomainFeature[];
  /** 0 for none: QEMU's main loop serves the disks then. */
  readonly ioThreads: number;
  readonly cpuTune: CpuTune;
  readonly clock: DomainClock;
  readonly cpu: DomainCpu;
  readonly devices: readonly Device[];
}

/** Entries of the SMBIOS system table in order: `manufacturer`, `product`, `serial` … */
export type Sysinfo = Readonly<Record<string, string | undefined>>;

export interface DomainOs {
  readonly arch: string;
  readonly machine: string;
  readonly loader?: Loader | undefined;
  readonly kernel?: string | undefined;
  readonly initrd?: string | undefined;
  readonly cmdline?: string | undefined;
  readonly boot: readonly ('hd' | 'cdrom' | 'network')[];
  /** Whether the guest reads `sysinfo` in its SMBIOS tables. */
  readonly smbios: boolean;
  readonly bootMenu: boolean;
}

export interface Loader {
  /** Null leaves the choice to libvirt, by `firmware='efi'`. */
  readonly path: string | null;
  readonly secure: boolean;
  /** Null for firmware that keeps no variables. */
  readonly nvramTemplate: string | null;
}

export type DomainFeature =
  | { readonly kind: 'acpi' | 'apic' | 'vmcoreinfo' | 'smm' | 'kvm-hidden' | 'qemu-ioapic' }
  | { readonly kind: 'pmu'; readonly on: boolean }
  | { readonly kind: 'hyperv'; readonly enlightenments: readonly Enlightenment[] }
  | { readonly kind: 'raw'; readonly element: Element };

/** One child of `<hyperv>`, switched on, with its further attributes. */
export interface Enlightenment {
  readonly name: string;
  readonly attributes?: Readonly<Record<string, string | number>>;
}

export interface DomainClock {
  readonly offset: 'utc' | 'localtime';
  readonly timers: readonly {
    readonly name: string;
    readonly tickpolicy?: 'delay' | 'catchup';
    readonly present?: boolean;
  }[];
}

export interface DomainCpu {
  readonly mode: string | null;
  readonly model: string | null;
  readonly topology: CpuTopology;
  readonly maxPhysAddr?: MaxPhysAddr | undefined;
  readonly features: readonly { readonly name: string; readonly policy: 'require' | 'disable' }[];
  /** NUMA cells that the guest sees; none for a guest without. */
  readonly cells: readonly GuestCell[];
}

export interface CpuTopology {
  readonly sockets: number;
  readonly cores: number;
  readonly threads: number;
}

/** How wide physical addresses are in the guest. */
export interface MaxPhysAddr {
  readonly mode: 'passthrough' | 'emulate';
  readonly bits?: number | undefined;
}

export function domainElement(domain: Domain): Element {
  return element(
    'domain',
    { type: domain.virtType },
    textElement('uuid', domain.uuid),
    textElement('name', domain.name),
    domain.generationId !== undefined && textElement('genid', domain.generationId),
    textElement('memory', domain.memoryKiB),
    domain.currentMemoryKiB !== undefined && textElement('currentMemory', domain.currentMemoryKiB),
    memoryBackingElement(domain.memoryBacking),
    numaTuneElement(domain.numaTune),
    element(
      'vcpu',
      {
        cpuset: domain.vcpuCpus === null ? undefined : cpuSetText(domain.vcpuCpus),
        current: domain.currentVcpus,
      },
      String(domain.vcpus),
    ),
    domain.metadata.length > 0 && element('metadata', {}, domain.metadata),
    domain.sysinfo && sysinfoElement(domain.sysinfo),
    osElement(domain.os),
    domain.features.length > 0 && element('features', {}, domain.features.map(featureElement)),
    domain.ioThreads > 0 && textElement('iothreads', domain.ioThreads),
    cpuTuneElement(domain.cpuTune),
    clockElement(domain.clock),
    cpuElement(domain.cpu),
    element('devices', {}, domain.devices.map(deviceElement)),
  );
}

function sysinfoElement(sysinfo: Sysinfo): Element {
  const entries = Object.entries(sysinfo)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => element('entry', { name }, value));
  return element('sysinfo', { type: 'smbios' }, element('system', {}, entries));
}

function osElement(os: DomainOs): Element {
  const { loader } = os;
  return element(
    'os',
    { firmware: loader?.path === null ? 'efi' : undefined },
    loader?.path === null && firmwareElement(loader.secure),
    element('type', { arch: os.arch, machine: os.machine }, 'hvm'),
    os.kernel !== undefined && textElement('kernel', os.kernel),
    loader && loaderElement(loader),
    loader && loader.nvramTemplate !== null && element('nvram', { template: loader.nvramTemplate }),
    os.initrd !== undefined && textElement('initrd', os.initrd),
    os.cmdline !== undefined && textElement('cmdline', os.cmdline),
    os.boot.map((dev) => element('boot', { dev })),
    os.smbios && element('smbios', { mode: 'sysinfo' }),
    os.bootMenu && element('bootmenu', { enable: 'yes' }),
  );
}

function firmwareElement(secure: boolean): Element {
  return element('firmware', {}, element('feature', { name: 'secure-boot', enabled: secure ? 'yes' : 'no' }));
}

function loaderElement({ path, secure, nvramTemplate }: Loader): Element {
  const file = path === null ? {} : { type: 'pflash', readonly: 'yes' };
  const stateless = nvramTemplate === null ? 'yes' : undefined;
  return element('loader', { ...file, secure: secure ? 'yes' : 'no', stateless }, path ?? undefined);
}

function featureElement(feature: DomainFeature): Element {
  switch (feature.kind) {
    case 'acpi':
    case 'apic':
    case 'vmcoreinfo':
      return element(feature.kind);
    case 'smm':
      return element('smm', { state: 'on' });
    case 'qemu-ioapic':
      return element('ioapic', { driver: 'qemu' });
    case 'kvm-hidden':
      return element('kvm', {}, element('hidden', { state: 'on' }));
    case 'pmu':
      return element('pmu', { state: feature.on ? 'on' : 'off' });
    case 'hyperv':
      return element(
        'hyperv',
        {},
        feature.enlightenments.map(({ name, attributes }) => element(name, { state: 'on', ...attributes })),
      );
    case 'raw':
      return feature.element;
    default:
      return feature satisfies never;
  }
}

function clockElement(clock: DomainClock): Element {
  const timers = clock.timers.map(({ name, tickpolicy, present }) =>
    element('timer', {
      name,
      tickpolicy,
      present: present === undefined ? undefined : present ? 'yes' : 'no',
    }),
  );
  return element('clock', { offset: clock.offset }, timers);
}

function cpuElement(cpu: DomainCpu): Element {
  return element(
    'cpu',
    { mode: cpu.mode, match: 'exact' },
    cpu.model !== null && textElement('model', cpu.model),
    element('topology', { ...cpu.topology }),
    cpu.maxPhysAddr && element('maxphysaddr', { ...cpu.maxPhysAddr }),
    cpu.features.map((feature) => element('feature', feature)),
    guestCellsElement(cpu.cells),
  );
}
