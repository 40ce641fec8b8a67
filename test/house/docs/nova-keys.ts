// The keys of flavors and images that Nova's libvirt driver answers to (26.2, and master), as its documentation and its
// code list them; then the others that its API takes.

function each(prefix: string, names: string): readonly string[] {
  return names.split(/\s+/).map((name) => `${prefix}${name}`);
}

const OF_THE_DOMAIN = [
  ...each(
    'hw:cpu_',
    'sockets cores threads max_sockets max_cores max_threads policy dedicated_mask thread_policy',
  ),
  ...each('hw:', 'emulator_threads_policy cpu_realtime cpu_realtime_mask numa_nodes numa_cpus.N numa_mem.N'),
  ...each(
    'hw:',
    'mem_page_size locked_memory boot_menu watchdog_action serial_port_count pmu hide_hypervisor_id',
  ),
  ...each('hw:', 'mem_encryption mem_encryption_model tpm_version tpm_model tpm_secret_security pmem'),
  ...each('hw:', 'maxphysaddr_mode maxphysaddr_bits vif_multiqueue_enabled virtio_packed_ring usb_model'),
  ...each(
    'hw:',
    'redirected_usb_ports sound_model viommu_model ephemeral_encryption ephemeral_encryption_format',
  ),
  ...each('quota:cpu_', 'shares period quota'),
  ...each('quota:disk_read_', 'bytes_sec iops_sec'),
  ...each('quota:disk_write_', 'bytes_sec iops_sec'),
  ...each('quota:disk_total_', 'bytes_sec iops_sec'),
  ...each('quota:vif_inbound_', 'average peak burst'),
  ...each('quota:vif_outbound_', 'average peak burst'),
  ...each('hw_rng:', 'allowed rate_bytes rate_period'),
  'hw_video:ram_max_mb',
  'hide_hypervisor_id',
  'os:secure_boot',
  'pci_passthrough:alias',
  'resources{group}:VGPU',
];

const OF_THE_SCHEDULER = [
  'trait{group}:{TRAIT}',
  'resources{group}:{CLASS}',
  'group_policy',
  'aggregate_instance_extra_specs:{key}',
  'capabilities:{key}',
  'accel:device_profile',
  'hw:pci_numa_affinity_policy',
];

const OF_OTHER_DRIVERS = [
  ...each('hw:max_cpu_', 'sockets cores threads'),
  ...each('os:', 'resolution monitors vram'),
  ...each('vmware:', 'hw_version storage_policy'),
  ...['cpu', 'memory', 'disk_io', 'vif'].flatMap((what) =>
    each(`quota:${what}_`, 'limit reservation shares_level shares_share'),
  ),
];

export const EXTRA_SPECS_OF_NOVA: readonly string[] = [
  ...OF_THE_DOMAIN,
  ...OF_THE_SCHEDULER,
  ...OF_OTHER_DRIVERS,
];

const PROPERTIES_OF_THE_DOMAIN = [
  ...each(
    'hw_cpu_',
    'sockets cores threads max_sockets max_cores max_threads policy thread_policy realtime_mask',
  ),
  ...each('hw_', 'numa_nodes numa_cpus.N numa_mem.N mem_page_size locked_memory boot_menu watchdog_action'),
  ...each(
    'hw_',
    'video_ram video_model serial_port_count pmu mem_encryption mem_encryption_model tpm_version',
  ),
  ...each(
    'hw_',
    'tpm_model firmware_type firmware_stateless machine_type architecture emulation_architecture',
  ),
  ...each(
    'hw_',
    'maxphysaddr_mode maxphysaddr_bits vif_multiqueue_enabled virtio_packed_ring vif_model disk_bus',
  ),
  ...each('hw_', 'cdrom_bus floppy_bus scsi_model input_bus pointer_model usb_model redirected_usb_ports'),
  ...each('hw_', 'sound_model viommu_model qemu_guest_agent time_hpet rescue_device rescue_bus vm_mode'),
  ...each('hw_ephemeral_encryption', ' _format _secret_uuid'),
  ...each('os_', 'secure_boot type command_line require_quiesce admin_user shutdown_timeout'),
  ...each('img_', 'hide_hypervisor_id config_drive hv_type hv_requested_version'),
  'hw_pci_numa_affinity_policy',
];

const OTHER_PROPERTIES = [
  ...each('hw_', 'auto_disk_config device_id disk_type ipxe_boot rng_model'),
  ...each(
    'img_',
    'bdm_v2 bittorrent block_device_mapping cache_in_nova compression_level linked_clone mappings',
  ),
  ...each('img_', 'owner_id root_device_name use_agent version'),
  ...each('img_signature', ' _certificate_uuid _hash_method _key_type'),
  ...each('os_', 'distro skip_agent_inject_files_at_boot skip_agent_inject_ssh'),
  'cinder_encryption_key_id',
];

export const IMAGE_PROPERTIES_OF_NOVA: readonly string[] = [...PROPERTIES_OF_THE_DOMAIN, ...OTHER_PROPERTIES];
