// Names of image properties that Nova knows. Source: nova/objects/image_meta.py (26.2.2, and master where marked).

/** Older names and the ones that replaced them; a current name wins over its older one. */
export const LEGACY_PROPERTY_NAMES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    architecture: 'hw_architecture',
    auto_disk_config: 'hw_auto_disk_config',
    bdm_v2: 'img_bdm_v2',
    bittorrent: 'img_bittorrent',
    block_device_mapping: 'img_block_device_mapping',
    cache_in_nova: 'img_cache_in_nova',
    hypervisor_type: 'img_hv_type',
    hypervisor_version_requires: 'img_hv_requested_version',
    ipxe_boot: 'hw_ipxe_boot',
    mappings: 'img_mappings',
    owner_id: 'img_owner_id',
    root_device_name: 'img_root_device_name',
    vm_mode: 'hw_vm_mode',
    vmware_disktype: 'hw_disk_type',
    vmware_image_version: 'img_version',
    vmware_linked_clone: 'img_linked_clone',
    vmware_ostype: 'os_distro',
    xenapi_device_id: 'hw_device_id',
    xenapi_image_compression_level: 'img_compression_level',
    xenapi_skip_agent_inject_files_at_boot: 'os_skip_agent_inject_files_at_boot',
    xenapi_skip_agent_inject_ssh: 'os_skip_agent_inject_ssh',
    xenapi_use_agent: 'img_use_agent',
  }),
);

/** `hw_*` properties that are read, or that have no effect on a libvirt domain. */
export const HW_PROPERTIES: ReadonlySet<string> = new Set([
  'hw_architecture',
  'hw_auto_disk_config',
  'hw_boot_menu',
  'hw_cdrom_bus',
  'hw_cpu_cores',
  'hw_cpu_max_cores',
  'hw_cpu_max_sockets',
  'hw_cpu_max_threads',
  'hw_cpu_sockets',
  'hw_cpu_threads',
  'hw_device_id',
  'hw_disk_bus',
  'hw_disk_type',
  'hw_emulation_architecture',
  'hw_firmware_type',
  'hw_floppy_bus',
  'hw_input_bus',
  'hw_ipxe_boot',
  'hw_machine_type',
  'hw_pci_numa_affinity_policy',
  'hw_pmu',
  'hw_pointer_model',
  'hw_qemu_guest_agent',
  'hw_rescue_bus',
  'hw_rescue_device',
  'hw_rng_model',
  'hw_scsi_model',
  'hw_serial_port_count',
  'hw_time_hpet',
  'hw_vif_model',
  'hw_vif_multiqueue_enabled',
  'hw_video_model',
  'hw_video_ram',
  'hw_vm_mode',
  'hw_watchdog_action',
]);

const FALSE_WORDS = ['0', 'f', 'false', 'off', 'n', 'no'];

/** `hw_*` properties that Nova carries out and novalet does not yet, each with the values that ask for nothing. */
export const LATER_PROPERTIES: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries<readonly string[]>({
    hw_cpu_policy: ['shared'],
    hw_cpu_realtime_mask: [],
    hw_cpu_thread_policy: [],
    hw_ephemeral_encryption: FALSE_WORDS,
    hw_ephemeral_encryption_format: [],
    hw_ephemeral_encryption_secret_uuid: [], // master
    hw_firmware_stateless: FALSE_WORDS, // master
    hw_locked_memory: FALSE_WORDS,
    hw_maxphysaddr_bits: [], // master
    hw_maxphysaddr_mode: [], // master
    hw_mem_encryption: FALSE_WORDS,
    hw_mem_encryption_model: [], // master
    hw_mem_page_size: [],
    hw_numa_nodes: [],
    hw_redirected_usb_ports: [], // master
    hw_sound_model: [], // master
    hw_tpm_model: [],
    hw_tpm_version: [],
    hw_usb_model: [], // master
    hw_viommu_model: [],
    hw_virtio_packed_ring: FALSE_WORDS, // master
  }),
);

/** One for each guest cell. */
export const NUMBERED_PROPERTY = /^hw_numa_(?:cpus|mem)\.\d+$/;
