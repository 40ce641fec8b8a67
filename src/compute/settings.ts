// What an operator may set. Every field has a default; names follow nova.conf where Nova has the option.
import type { AccessSettings } from '../audit/index.ts';
import {
  type AgentWay,
  type ConfigDriveFormat,
  type CpuMode,
  type Hardware,
  type HardwareOptions,
  type HardwareSwitches,
  PROFILE_SWITCHES,
  type VirtType,
} from '../model/index.ts';
import type { PciSettings } from './choose-pci.ts';
import type { WorkLimits } from './claims/slots.ts';

export interface Settings {
  /** libvirt's connection URI. */
  readonly connect: string;
  /** Where records, images and disks live. Absolute. */
  readonly stateDir: string;
  /** `printf` pattern with one `%08x`, `%x` or `%d` for the instance's number; nova.conf [DEFAULT]instance_name_template. */
  readonly instanceNameTemplate: string;
  /** nova.conf [libvirt]virt_type; `auto` takes KVM where it really works. */
  readonly virtType: VirtType | 'auto';
  /** nova.conf [libvirt]cpu_mode; null leaves the choice to novalet. */
  readonly cpuMode: CpuMode | null;
  readonly cpuModels: readonly string[];
  readonly cpuModelExtraFlags: readonly string[];
  /** nova.conf [compute]cpu_dedicated_set: host CPUs for pinned vCPUs, sorted; null for none set aside. */
  readonly cpuDedicatedSet: readonly number[] | null;
  /** nova.conf [compute]cpu_shared_set: host CPUs for all other vCPUs, sorted; null for none set aside. */
  readonly cpuSharedSet: readonly number[] | null;
  readonly hardware: HardwareSettings;
  /** The host's PCI devices that guests may have. */
  readonly pci: PciSettings;
  /** Flavor of a launch that names none. */
  readonly defaultFlavor: string;
  /** Name or id of the image that `rescue` boots; nova.conf [libvirt]rescue_image_id. Null for the instance's own. */
  readonly rescueImage: string | null;
  /** Name of the NAT network that novalet makes on first use. */
  readonly networkName: string;
  /** Its subnet as a.b.c.d/len; null picks a free one. */
  readonly networkSubnet: string | null;
  /** Domain part of a guest's hostname; nova.conf [api]dhcp_domain. */
  readonly dhcpDomain: string;
  /** A drive also for launches that want none; nova.conf [DEFAULT]force_config_drive. */
  readonly forceConfigDrive: boolean;
  /** /etc/network/interfaces for guests with static addresses; nova.conf [DEFAULT]flat_injected. */
  readonly flatInjected: boolean;
  /** Of new instances; nova.conf [DEFAULT]config_drive_format. */
  readonly configDriveFormat: ConfigDriveFormat;
  /** nova.conf [vnc]: an address, `VNC_SOCKET`, or null, which gives guests no VNC display. */
  readonly vncListen: string | null;
  /** Whether a VNC display lets nobody in until it is given a password. */
  readonly vncPassword: boolean;
  /** Mirrors of the catalogue's vendors, by the vendor's name in templates/catalogue.yaml. */
  readonly imageMirrors: Readonly<Record<string, string>>;
  /** nova.conf [DEFAULT]shutdown_timeout, in seconds. */
  readonly shutdownTimeoutS: number;
  /** How guests come by an agent, of images that say nothing of it. */
  readonly agentWay: AgentWay;
  /** How long a guest's agent may take to answer, in seconds. */
  readonly agentTimeoutS: number;
  /** How much heavy work runs at the same time on this host; nova.conf [DEFAULT]max_concurrent_builds and its kin. */
  readonly workLimits: WorkLimits;
  /** How much of the host instances may hold. */
  readonly claims: ClaimSettings;
  /** Who may reach into guests, and how it is recorded. */
  readonly access: AccessSettings;
}

/** nova.conf [DEFAULT]; `HOST_FULL` says how they count. */
export interface ClaimSettings {
  readonly cpuAllocationRatio: number;
  readonly ramAllocationRatio: number;
  readonly diskAllocationRatio: number;
  readonly reservedHostCpus: number;
  readonly reservedHostMemoryMiB: number;
  readonly reservedHostDiskMiB: number;
}

/** What new instances are built with; what is there keeps what it was built with. */
export interface HardwareSettings
  extends HardwareSwitches,
    Pick<HardwareOptions, 'profile' | 'statsPeriodS' | 'pciePorts' | 'rxQueueSize' | 'serialNumber'> {
  /** By architecture, for images that name none; nova.conf [libvirt]hw_machine_type. */
  readonly machineTypes: Readonly<Record<string, string>>;
  readonly pointerModel: Hardware['pointerModel'];
}

export const DEFAULT_HARDWARE: HardwareSettings = {
  ...PROFILE_SWITCHES.modern,
  profile: 'modern',
  machineTypes: {},
  pointerModel: 'usbtablet',
  statsPeriodS: 10,
  // An ordinary guest fills six or seven; what is left takes disks and cards while it runs (docs/disks.md has the cost).
  pciePorts: 12,
  rxQueueSize: null,
  serialNumber: 'unique',
};

/** In place of an address: a unix socket that libvirt makes, which only the guest's owner may open. */
export const VNC_SOCKET = 'socket';

/** Whether the connection is libvirt's per-user one, which has no privileged networking and chooses socket paths itself. */
export function isSessionMode(settings: Pick<Settings, 'connect'>): boolean {
  return new URL(settings.connect).pathname === '/session';
}
