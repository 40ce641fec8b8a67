// Every image property that Nova knows, what it may be, and what becomes of it here. Field names are Nova's.
// Source: nova/objects/image_meta.py and fields.py (26.2.2, and master where marked), and what its libvirt driver reads.
// docs/hardware-keys.md is made of this (npm run golden).
import {
  CPU_POLICIES,
  CPU_THREAD_POLICIES,
  ENCRYPTION_FORMATS,
  MAXPHYSADDR_BITS,
  MAXPHYSADDR_MODES,
  MEM_ENCRYPTION_MODELS,
  NO_DISK_ENCRYPTION,
  NO_SEV,
  PCI_NUMA_POLICIES,
  SOUND_MODELS,
  TPM_MODELS,
  TPM_VERSIONS,
  USB_MODELS,
  VIOMMU_MODELS,
  WATCHDOG_ACTIONS,
} from './extra-spec-keys.ts';
import { done, elsewhere, type HardwareKey, refused } from './hardware-key.ts';
import {
  ARCHITECTURE,
  DISK_BUS,
  FOREIGN_BUSES,
  FOREIGN_VM_MODES,
  HYPERVISOR_TYPE,
  SCSI_MODEL,
  VIDEO_MODELS,
  VIF_MODEL,
  VM_MODE,
} from './image-property-kinds.ts';
import {
  CPU_MASK,
  CPU_SET,
  FLEXIBLE_BOOLEAN as FLAG,
  foldedWords,
  INTEGER,
  PAGE_SIZE,
  TEXT,
  VERSION_PREDICATE,
  whole,
  words,
} from './value-kinds.ts';

const XEN = 'nothing: it was for a driver that Nova no longer has';
const VMWARE = 'nothing: only the VMware driver reads it';
const SIGNATURE = 'nothing: signatures are not checked, as in Nova without `verify_glance_signatures`';
const NO_VOLUMES = {
  why: 'the image stands for volumes of a block storage service (Cinder)',
  cure: 'Export the volume as an image, and add that.',
};

const CPUS = {
  hw_architecture: done('hw_architecture', ARCHITECTURE, '`<os><type arch>`'),
  hw_emulation_architecture: done(
    'hw_emulation_architecture',
    ARCHITECTURE,
    '`<os><type arch>` under `<domain type="qemu">`',
  ),
  // 0 is as good as not set, as in Nova.
  hw_cpu_sockets: done('hw_cpu_sockets', whole(0), '`<cpu><topology sockets>`'),
  hw_cpu_cores: done('hw_cpu_cores', whole(0), '`<cpu><topology cores>`'),
  hw_cpu_threads: done('hw_cpu_threads', whole(0), '`<cpu><topology threads>`'),
  hw_cpu_max_sockets: done(
    'hw_cpu_max_sockets',
    whole(0),
    "limit of `<cpu><topology sockets>`, at most the flavor's",
  ),
  hw_cpu_max_cores: done(
    'hw_cpu_max_cores',
    whole(0),
    "limit of `<cpu><topology cores>`, at most the flavor's",
  ),
  hw_cpu_max_threads: done(
    'hw_cpu_max_threads',
    whole(0),
    "limit of `<cpu><topology threads>`, at most the flavor's",
  ),
  hw_cpu_policy: done('hw_cpu_policy', words(...CPU_POLICIES), 'as `hw:cpu_policy`'),
  hw_cpu_thread_policy: done(
    'hw_cpu_thread_policy',
    words(...CPU_THREAD_POLICIES),
    'as `hw:cpu_thread_policy`',
  ),
  /** `maskedCpus` with the flavor's vCPUs. */
  hw_cpu_realtime_mask: done(
    'hw_cpu_realtime_mask',
    CPU_MASK.loose,
    'the vCPUs of `<vcpusched>`; wins over the flavor',
  ),
  hw_pmu: done('hw_pmu', FLAG, '`<features><pmu state>`'),
  /** master */
  hw_maxphysaddr_mode: done(
    'hw_maxphysaddr_mode',
    words(...MAXPHYSADDR_MODES),
    '`<cpu><maxphysaddr mode>` (master)',
  ),
  /** master */
  hw_maxphysaddr_bits: done('hw_maxphysaddr_bits', MAXPHYSADDR_BITS, '`<cpu><maxphysaddr bits>` (master)'),
};

const MEMORY = {
  hw_numa_nodes: done('hw_numa_nodes', whole(1), 'as `hw:numa_nodes`'),
  hw_mem_page_size: done(
    'hw_mem_page_size',
    PAGE_SIZE,
    'as `hw:mem_page_size`, where that is `large` or `any`',
  ),
  hw_locked_memory: done('hw_locked_memory', FLAG, '`<memoryBacking><locked/>`'),
  hw_mem_encryption: refused('hw_mem_encryption', FLAG, { ...NO_SEV, neutral: [false] }),
  /** master */
  hw_mem_encryption_model: refused('hw_mem_encryption_model', words(...MEM_ENCRYPTION_MODELS), NO_SEV),
};

const FIRMWARE = {
  hw_machine_type: done('hw_machine_type', TEXT, '`<os><type machine>`'),
  hw_vm_mode: { ...done('hw_vm_mode', VM_MODE, '`<os><type>hvm`'), foreign: FOREIGN_VM_MODES },
  hw_firmware_type: done('hw_firmware_type', words('uefi', 'bios'), '`<os><loader>`, `<nvram>` with `uefi`'),
  /** master */
  hw_firmware_stateless: done('hw_firmware_stateless', FLAG, '`<os><loader stateless="yes">` (master)'),
  os_secure_boot: done(
    'os_secure_boot',
    words('required', 'disabled', 'optional'),
    'a secure-boot `<loader secure="yes">`, `<features><smm>`',
  ),
  hw_boot_menu: done('hw_boot_menu', FLAG, '`<os><bootmenu enable="yes"/>`'),
  os_command_line: done('os_command_line', TEXT, '`<os><cmdline>`, with a kernel'),
  os_type: done(
    'os_type',
    foldedWords(['linux', 'windows']),
    'with `windows`: `<features><hyperv>`, `<clock offset="localtime">`',
  ),
  hw_time_hpet: done('hw_time_hpet', FLAG, '`<clock><timer name="hpet" present>`'),
  img_hide_hypervisor_id: done('img_hide_hypervisor_id', FLAG, 'as `hw:hide_hypervisor_id`'),
};

const DISKS = {
  hw_disk_bus: { ...done('hw_disk_bus', DISK_BUS, '`<disk><target bus>`'), foreign: FOREIGN_BUSES },
  hw_cdrom_bus: { ...done('hw_cdrom_bus', DISK_BUS, '`<target bus>` of CD drives'), foreign: FOREIGN_BUSES },
  hw_floppy_bus: {
    ...done('hw_floppy_bus', DISK_BUS, 'the bus of a rescue floppy'),
    foreign: FOREIGN_BUSES,
  },
  hw_scsi_model: done('hw_scsi_model', SCSI_MODEL, '`<controller type="scsi" model>`'),
  hw_rescue_bus: {
    ...done('hw_rescue_bus', DISK_BUS, 'the bus of the disk that a rescue boots from'),
    foreign: FOREIGN_BUSES,
  },
  hw_rescue_device: done(
    'hw_rescue_device',
    words('cdrom', 'disk', 'floppy', 'fs', 'lun'),
    'the kind of disk that a rescue boots from',
  ),
  hw_disk_type: elsewhere('hw_disk_type', TEXT, VMWARE),
  hw_auto_disk_config: elsewhere('hw_auto_disk_config', TEXT, XEN),
  hw_ephemeral_encryption: refused('hw_ephemeral_encryption', FLAG, {
    ...NO_DISK_ENCRYPTION,
    neutral: [false],
  }),
  hw_ephemeral_encryption_format: refused(
    'hw_ephemeral_encryption_format',
    words(...ENCRYPTION_FORMATS),
    NO_DISK_ENCRYPTION,
  ),
  /** master */
  hw_ephemeral_encryption_secret_uuid: refused(
    'hw_ephemeral_encryption_secret_uuid',
    TEXT,
    NO_DISK_ENCRYPTION,
  ),
};

const DEVICES = {
  hw_vif_model: done('hw_vif_model', VIF_MODEL, '`<interface><model type>`'),
  hw_vif_multiqueue_enabled: done(
    'hw_vif_multiqueue_enabled',
    FLAG,
    '`<interface><driver name="vhost" queues>`',
  ),
  hw_video_model: done('hw_video_model', words(...VIDEO_MODELS), '`<video><model type>`'),
  /** MiB. */
  hw_video_ram: done(
    'hw_video_ram',
    whole(0),
    '`<video><model vram>`, at most `hw_video:ram_max_mb`; an image may have 4194303, with `qxl` 2048, with `bochs` 3 to 256',
  ),
  hw_input_bus: done(
    'hw_input_bus',
    words('usb', 'virtio'),
    '`<input type="tablet">` and `<input type="keyboard">` on that bus',
  ),
  hw_pointer_model: done('hw_pointer_model', words('usbtablet'), '`<input type="tablet" bus="usb"/>`'),
  hw_qemu_guest_agent: done('hw_qemu_guest_agent', FLAG, '`<channel>` named `org.qemu.guest_agent.0`'),
  hw_serial_port_count: done('hw_serial_port_count', whole(0), "number of `<serial>`, at most the flavor's"),
  hw_watchdog_action: done(
    'hw_watchdog_action',
    words(...WATCHDOG_ACTIONS),
    '`<watchdog model="i6300esb" action>` unless `disabled`',
  ),
  hw_rng_model: elsewhere(
    'hw_rng_model',
    words('virtio'),
    'nothing: the driver reads `hw_rng:allowed` of the flavor',
  ),
  hw_tpm_model: done('hw_tpm_model', words(...TPM_MODELS), 'as `hw:tpm_model`'),
  hw_tpm_version: done('hw_tpm_version', words(...TPM_VERSIONS), 'as `hw:tpm_version`'),
  hw_viommu_model: done('hw_viommu_model', words(...VIOMMU_MODELS), 'as `hw:viommu_model`'),
  hw_pci_numa_affinity_policy: done(
    'hw_pci_numa_affinity_policy',
    words(...PCI_NUMA_POLICIES),
    'as `hw:pci_numa_affinity_policy`',
  ),
  /** master */
  hw_virtio_packed_ring: done('hw_virtio_packed_ring', FLAG, 'as `hw:virtio_packed_ring` (master)'),
  /** master */
  hw_sound_model: done('hw_sound_model', words(...SOUND_MODELS), 'as `hw:sound_model` (master)'),
  /** master */
  hw_usb_model: done('hw_usb_model', words(...USB_MODELS), 'as `hw:usb_model` (master)'),
  /** master */
  hw_redirected_usb_ports: done(
    'hw_redirected_usb_ports',
    whole(0, 15),
    'as `hw:redirected_usb_ports` (master)',
  ),
};

const BEHAVIOUR = {
  img_config_drive: done(
    'img_config_drive',
    words('optional', 'mandatory'),
    '`mandatory`: always a config drive',
  ),
  os_admin_user: done('os_admin_user', TEXT, 'whose password and keys are set, where nobody is named'),
  os_shutdown_timeout: done(
    'os_shutdown_timeout',
    whole(0),
    'seconds that a stop waits for the guest; an image may have 2000000',
  ),
  os_require_quiesce: done(
    'os_require_quiesce',
    FLAG,
    'images and snapshots of the running guest are made frozen, or not at all',
  ),
};

/** What has typed fields of its own, by their names. */
export const IMAGE_PROPERTIES = { ...CPUS, ...MEMORY, ...FIRMWARE, ...DISKS, ...DEVICES, ...BEHAVIOUR };

/** `hw_numa_cpus.N` and `hw_numa_mem.N`: one for each guest cell, `N` from 0 to 127. */
export const NUMBERED_PROPERTIES = {
  hw_numa_cpus: done('hw_numa_cpus.N', CPU_SET.loose, 'as `hw:numa_cpus.N`'),
  /** MiB. */
  hw_numa_mem: done('hw_numa_mem.N', whole(1), 'as `hw:numa_mem.N`'),
};

/** Checked like all others, and then of no use to anybody here. */
const UNUSED: readonly HardwareKey<unknown>[] = [
  elsewhere('hw_device_id', INTEGER, XEN),
  elsewhere('hw_ipxe_boot', FLAG, XEN),
  elsewhere('img_bdm_v2', FLAG, 'nothing by itself: the form of `img_block_device_mapping`'),
  elsewhere('img_bittorrent', FLAG, XEN),
  refused('img_block_device_mapping', TEXT, { ...NO_VOLUMES, neutral: ['', '[]'] }),
  elsewhere('img_cache_in_nova', FLAG, XEN),
  elsewhere('img_compression_level', INTEGER, XEN),
  elsewhere('img_hv_requested_version', VERSION_PREDICATE, 'nothing: chooses a host by its version'),
  elsewhere('img_hv_type', HYPERVISOR_TYPE, 'nothing: chooses a host by its kind'),
  elsewhere('img_linked_clone', FLAG, VMWARE),
  refused('img_mappings', TEXT, {
    why: 'it describes disks in the form of EC2',
    cure: 'Take it off the image; give the flavor ephemeral and swap disks.',
    neutral: ['', '[]'],
  }),
  elsewhere('img_owner_id', TEXT, 'nothing: whose image it was'),
  elsewhere('img_root_device_name', TEXT, 'nothing: the driver names disks by their bus'),
  elsewhere('img_signature', TEXT, SIGNATURE),
  elsewhere('img_signature_certificate_uuid', TEXT, SIGNATURE),
  elsewhere('img_signature_hash_method', words('SHA-224', 'SHA-256', 'SHA-384', 'SHA-512'), SIGNATURE),
  elsewhere(
    'img_signature_key_type',
    words(
      'DSA',
      'ECC_SECP384R1',
      'ECC_SECP521R1',
      'ECC_SECT409K1',
      'ECC_SECT409R1',
      'ECC_SECT571K1',
      'ECC_SECT571R1',
      'RSA-PSS',
    ),
    SIGNATURE,
  ),
  elsewhere('img_use_agent', FLAG, XEN),
  elsewhere('img_version', INTEGER, VMWARE),
  elsewhere('os_distro', TEXT, 'nothing: asked of libosinfo, where Nova has it'),
  elsewhere('os_skip_agent_inject_files_at_boot', FLAG, XEN),
  elsewhere('os_skip_agent_inject_ssh', FLAG, XEN),
  refused('cinder_encryption_key_id', TEXT, {
    why: 'the image was made of an encrypted volume (Cinder, Barbican)',
    cure: 'Decrypt it first; Nova refuses to boot from such an image too.',
    neutral: [''],
  }),
];

export const UNUSED_PROPERTIES: ReadonlyMap<string, HardwareKey<unknown>> = new Map(
  UNUSED.map((known) => [known.key, known]),
);

/** By name; the numbered ones and traits are apart. */
export const IMAGE_PROPERTY_KEYS: ReadonlyMap<string, HardwareKey<unknown>> = new Map(
  [...Object.values<HardwareKey<unknown>>(IMAGE_PROPERTIES), ...UNUSED].map((known) => [known.key, known]),
);
