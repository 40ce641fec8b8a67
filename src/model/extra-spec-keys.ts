// Every extra spec that Nova knows in the namespaces hw, hw_rng, hw_video, os and quota, what it may be, and what becomes
// of it here. Source: nova/api/validation/extra_specs (26.2.2, and master where marked) and the keys its libvirt driver
// reads. docs/hardware-keys.md is made of this (npm run golden).
import { done, elsewhere, type HardwareKey, refused } from './hardware-key.ts';
import {
  BOOLEAN,
  CPU_MASK,
  CPU_SET,
  INTEGER,
  LIMIT,
  MEMORY_NAMES,
  PAGE_SIZE,
  PCI_ALIASES,
  TEXT,
  whole,
  words,
} from './value-kinds.ts';

export const WATCHDOG_ACTIONS = ['none', 'pause', 'poweroff', 'reset', 'disabled'] as const;
export const TPM_MODELS = ['tpm-tis', 'tpm-crb'] as const;
export const TPM_VERSIONS = ['1.2', '2.0'] as const;
export const CPU_POLICIES = ['dedicated', 'shared', 'mixed'] as const;
export const CPU_THREAD_POLICIES = ['prefer', 'isolate', 'require'] as const;
export const PCI_NUMA_POLICIES = ['required', 'preferred', 'legacy', 'socket'] as const;
export const VIOMMU_MODELS = ['intel', 'smmuv3', 'virtio', 'auto'] as const;
export const SOUND_MODELS = ['sb16', 'es1370', 'pcspk', 'ac97', 'ich6', 'ich9', 'usb', 'virtio'] as const;
export const USB_MODELS = ['none', 'nec-xhci', 'qemu-xhci'] as const;
export const MAXPHYSADDR_MODES = ['passthrough', 'emulate'] as const;
/** QEMU's bounds; master takes any above zero. */
export const MAXPHYSADDR_BITS = whole(32, 52);
export const MEM_ENCRYPTION_MODELS = ['amd-sev', 'amd-sev-es', 'amd-sev-snp'] as const;
export const ENCRYPTION_FORMATS = ['plain', 'luks', 'luksv2'] as const;

export const NO_SEV = {
  why: 'memory encryption needs a processor with SEV and its firmware',
  cure: 'Take it away, or run this guest on an OpenStack host with SEV.',
};
export const NO_DISK_ENCRYPTION = {
  why: 'the keys of encrypted disks come from a key manager (Barbican)',
  cure: 'Take it away; encrypt inside the guest, or put the state directory on an encrypted filesystem.',
};

const HYPERV = 'nothing: only the Hyper-V driver reads it';
const VMWARE = 'nothing: only the VMware driver reads it';

const CPUS = {
  cpuSockets: done('hw:cpu_sockets', whole(1), '`<cpu><topology sockets>`'),
  cpuCores: done('hw:cpu_cores', whole(1), '`<cpu><topology cores>`'),
  cpuThreads: done('hw:cpu_threads', whole(1), '`<cpu><topology threads>`'),
  cpuMaxSockets: done('hw:cpu_max_sockets', whole(1), 'limit of `<cpu><topology sockets>`'),
  cpuMaxCores: done('hw:cpu_max_cores', whole(1), 'limit of `<cpu><topology cores>`'),
  cpuMaxThreads: done('hw:cpu_max_threads', whole(1), 'limit of `<cpu><topology threads>`'),
  // Quirk: Zed's API accepts the limits under these names and its driver reads only those above.
  maxCpuSockets: done('hw:max_cpu_sockets', whole(1), 'as `hw:cpu_max_sockets`, in profile `modern`'),
  maxCpuCores: done('hw:max_cpu_cores', whole(1), 'as `hw:cpu_max_cores`, in profile `modern`'),
  maxCpuThreads: done('hw:max_cpu_threads', whole(1), 'as `hw:cpu_max_threads`, in profile `modern`'),
  cpuPolicy: done(
    'hw:cpu_policy',
    words(...CPU_POLICIES),
    '`<cputune><vcpupin>`, `<emulatorpin>`, `<numatune>`, `<cpu><numa>` unless `shared`',
  ),
  /** Which vCPUs are pinned under the policy `mixed`: `maskedCpus` with the flavor's vCPUs. */
  cpuDedicatedMask: done('hw:cpu_dedicated_mask', CPU_MASK.plain, 'the pinned vCPUs under `mixed`'),
  cpuThreadPolicy: done(
    'hw:cpu_thread_policy',
    words(...CPU_THREAD_POLICIES),
    'which host threads `<vcpupin>` takes',
  ),
  emulatorThreadsPolicy: done(
    'hw:emulator_threads_policy',
    words('share', 'isolate'),
    '`<cputune><emulatorpin cpuset>`',
  ),
  cpuRealtime: done(
    'hw:cpu_realtime',
    BOOLEAN,
    '`<cputune><vcpusched scheduler="fifo">`, `<memoryBacking><nosharepages/><locked/>`',
  ),
  /** `maskedCpus` with the flavor's vCPUs. */
  cpuRealtimeMask: done('hw:cpu_realtime_mask', CPU_MASK.plain, 'the vCPUs of `<vcpusched>`'),
  pmu: done('hw:pmu', BOOLEAN, '`<features><pmu state>`'),
  /** master */
  maxphysaddrMode: done(
    'hw:maxphysaddr_mode',
    words(...MAXPHYSADDR_MODES),
    '`<cpu><maxphysaddr mode>` (master)',
  ),
  /** master */
  maxphysaddrBits: done('hw:maxphysaddr_bits', MAXPHYSADDR_BITS, '`<cpu><maxphysaddr bits>` (master)'),
};

const MEMORY = {
  numaNodes: done('hw:numa_nodes', whole(1), '`<cpu><numa><cell>`, `<numatune>`'),
  memPageSize: done('hw:mem_page_size', PAGE_SIZE, '`<memoryBacking><hugepages><page size nodeset>`'),
  lockedMemory: done('hw:locked_memory', BOOLEAN, '`<memoryBacking><locked/>`'),
  memEncryption: refused('hw:mem_encryption', BOOLEAN, { ...NO_SEV, neutral: [false] }),
  /** master */
  memEncryptionModel: refused('hw:mem_encryption_model', words(...MEM_ENCRYPTION_MODELS), NO_SEV),
  pmem: refused('hw:pmem', MEMORY_NAMES, {
    why: 'persistent memory needs namespaces that the host sets aside for it',
    cure: 'Take it away and give the flavor more memory or disk.',
  }),
};

const DEVICES = {
  bootMenu: done('hw:boot_menu', BOOLEAN, '`<os><bootmenu enable="yes"/>`; the image wins'),
  hwHideHypervisorId: done(
    'hw:hide_hypervisor_id',
    BOOLEAN,
    '`<features><kvm><hidden state="on"/>`; on Windows also `<hyperv><vendor_id>`',
  ),
  oldHideHypervisorId: done('hide_hypervisor_id', BOOLEAN, 'older name of `hw:hide_hypervisor_id`'),
  serialPortCount: done('hw:serial_port_count', whole(0), 'number of `<serial>`; the image may lower it'),
  vifMultiqueueEnabled: done(
    'hw:vif_multiqueue_enabled',
    BOOLEAN,
    '`<interface><driver name="vhost" queues>`',
  ),
  watchdogAction: done(
    'hw:watchdog_action',
    words(...WATCHDOG_ACTIONS),
    '`<watchdog model="i6300esb" action>` unless `disabled`; the image wins',
  ),
  rngAllowed: done('hw_rng:allowed', BOOLEAN, '`<rng>` unless false'),
  rngRateBytes: done('hw_rng:rate_bytes', whole(0), '`<rng><rate bytes>`, where both are above 0'),
  rngRatePeriodMs: done('hw_rng:rate_period', whole(0), '`<rng><rate period>`, where both are above 0'),
  videoRamMaxMiB: done('hw_video:ram_max_mb', whole(0), "limit of the image's `hw_video_ram`"),
  secureBoot: done(
    'os:secure_boot',
    words('disabled', 'required'),
    'a secure-boot `<loader secure="yes">`, `<features><smm>`',
  ),
  pciPassthroughAlias: done('pci_passthrough:alias', PCI_ALIASES, '`<hostdev type="pci">` for each device'),
  pciNumaAffinityPolicy: done(
    'hw:pci_numa_affinity_policy',
    words(...PCI_NUMA_POLICIES),
    'which `<hostdev type="pci">` a guest on NUMA cells gets: near ones, by default those of its cells or of none',
  ),
  tpmModel: done('hw:tpm_model', words(...TPM_MODELS), '`<tpm model>`, with a `hw:tpm_version`'),
  tpmVersion: done('hw:tpm_version', words(...TPM_VERSIONS), '`<tpm><backend type="emulator" version>`'),
  /** master */
  tpmSecretSecurity: elsewhere(
    'hw:tpm_secret_security',
    words('user', 'host', 'deployment'),
    "nothing: the state of a guest's TPM is as well kept as its disks, and has no secret of its own (master)",
  ),
  viommuModel: done(
    'hw:viommu_model',
    words(...VIOMMU_MODELS),
    '`<iommu model>`, `<features><ioapic driver="qemu"/>`',
  ),
  /** master */
  virtioPackedRing: done(
    'hw:virtio_packed_ring',
    BOOLEAN,
    '`<driver packed="on">` of virtio devices (master)',
  ),
  /** master */
  soundModel: done('hw:sound_model', words(...SOUND_MODELS), '`<sound model>` (master)'),
  /** master */
  usbModel: done('hw:usb_model', words(...USB_MODELS), '`<controller type="usb" model>` (master)'),
  /** master */
  redirectedUsbPorts: done(
    'hw:redirected_usb_ports',
    whole(0, 15),
    'that many `<redirdev type="spicevmc" bus="usb"/>` (master)',
  ),
  ephemeralEncryption: refused('hw:ephemeral_encryption', BOOLEAN, {
    ...NO_DISK_ENCRYPTION,
    neutral: [false],
  }),
  ephemeralEncryptionFormat: refused(
    'hw:ephemeral_encryption_format',
    words(...ENCRYPTION_FORMATS),
    NO_DISK_ENCRYPTION,
  ),
  acceleratorProfile: refused('accel:device_profile', TEXT, {
    why: 'accelerators come from a service of their own (Cyborg)',
    cure: 'Take it away; give the guest a device of the host with pci_passthrough:alias.',
  }),
};

const LIMITS = {
  cpuShares: done('quota:cpu_shares', whole(0), '`<cputune><shares>`'),
  cpuPeriod: done('quota:cpu_period', whole(0), '`<cputune><period>`'),
  cpuQuota: done('quota:cpu_quota', INTEGER, '`<cputune><quota>`; below zero is no limit'),
  diskReadBytesSec: done('quota:disk_read_bytes_sec', LIMIT, '`<iotune><read_bytes_sec>` of every disk'),
  diskReadIopsSec: done('quota:disk_read_iops_sec', LIMIT, '`<iotune><read_iops_sec>` of every disk'),
  diskWriteBytesSec: done('quota:disk_write_bytes_sec', LIMIT, '`<iotune><write_bytes_sec>` of every disk'),
  diskWriteIopsSec: done('quota:disk_write_iops_sec', LIMIT, '`<iotune><write_iops_sec>` of every disk'),
  diskTotalBytesSec: done('quota:disk_total_bytes_sec', LIMIT, '`<iotune><total_bytes_sec>` of every disk'),
  diskTotalIopsSec: done('quota:disk_total_iops_sec', LIMIT, '`<iotune><total_iops_sec>` of every disk'),
  vifInboundAverage: done('quota:vif_inbound_average', LIMIT, '`<bandwidth><inbound average>` (KiB/s)'),
  vifInboundPeak: done('quota:vif_inbound_peak', LIMIT, '`<inbound peak>`, beside an average'),
  vifInboundBurst: done('quota:vif_inbound_burst', LIMIT, '`<inbound burst>`, beside an average'),
  vifOutboundAverage: done('quota:vif_outbound_average', LIMIT, '`<bandwidth><outbound average>` (KiB/s)'),
  vifOutboundPeak: done('quota:vif_outbound_peak', LIMIT, '`<outbound peak>`, beside an average'),
  vifOutboundBurst: done('quota:vif_outbound_burst', LIMIT, '`<outbound burst>`, beside an average'),
};

/** What has typed fields of its own, by their names. */
export const EXTRA_SPECS = { ...CPUS, ...MEMORY, ...DEVICES, ...LIMITS };

/** `hw:numa_cpus.N` and `hw:numa_mem.N`: one key for each guest cell, `N` from 0 to 127. */
export const NUMBERED_EXTRA_SPECS = {
  numaCpus: done('hw:numa_cpus.N', CPU_SET.plain, '`<cpu><numa><cell cpus>`'),
  /** MiB. */
  numaMem: done('hw:numa_mem.N', whole(1), '`<cpu><numa><cell memory>` (MiB)'),
};

const SHARE_LEVELS = words('custom', 'high', 'normal', 'low');

/** Checked like all others, and then of no use to anybody here. */
const UNUSED: readonly HardwareKey<unknown>[] = [
  elsewhere('group_policy', words('isolate', 'none'), 'nothing: the scheduler groups resources by it'),
  elsewhere(
    'os:resolution',
    words('1024x768', '1280x1024', '1600x1200', '1920x1200', '2560x1600', '3840x2160'),
    HYPERV,
  ),
  elsewhere('os:monitors', whole(1, 8), HYPERV),
  elsewhere('os:vram', words('64', '128', '256', '512', '1024'), HYPERV),
  elsewhere('vmware:hw_version', TEXT, VMWARE),
  elsewhere('vmware:storage_policy', TEXT, VMWARE),
  ...['cpu', 'memory', 'disk_io', 'vif'].flatMap((what) => [
    elsewhere(`quota:${what}_limit`, whole(0), VMWARE),
    elsewhere(`quota:${what}_reservation`, INTEGER, VMWARE),
    elsewhere(`quota:${what}_shares_level`, SHARE_LEVELS, VMWARE),
    elsewhere(`quota:${what}_shares_share`, whole(0), VMWARE),
  ]),
];

export const UNUSED_EXTRA_SPECS: ReadonlyMap<string, HardwareKey<unknown>> = new Map(
  UNUSED.map((known) => [known.key, known]),
);

/** By key; the numbered ones and the scheduler's namespaces (scheduling-keys.ts) are apart. */
export const EXTRA_SPEC_KEYS: ReadonlyMap<string, HardwareKey<unknown>> = new Map(
  [...Object.values<HardwareKey<unknown>>(EXTRA_SPECS), ...UNUSED].map((known) => [known.key, known]),
);
