// Random descriptions of guests for the comparison with Nova's own generator: keys that Zed has, with values that mean
// something, so that most of them are guests and not refusals.
import fc from 'fast-check';

const flag = words('true', 'false', 'yes', '0');

const EXTRA_SPECS = {
  'hw:cpu_sockets': words('1', '2', '4'),
  'hw:cpu_cores': words('1', '2'),
  'hw:cpu_threads': words('1', '2'),
  'hw:cpu_max_sockets': words('2', '4', '8'),
  'hw:cpu_max_threads': words('1', '2'),
  'quota:cpu_shares': words('1024'),
  'quota:cpu_quota': words('50000', '-1'),
  'quota:disk_read_bytes_sec': words('1000000'),
  'quota:disk_total_iops_sec': words('500'),
  'quota:vif_inbound_average': words('1024'),
  'quota:vif_inbound_burst': words('64'),
  'quota:vif_outbound_average': words('512'),
  'hw:boot_menu': flag,
  'hw:watchdog_action': words('none', 'pause', 'poweroff', 'reset', 'disabled'),
  'hw_rng:allowed': flag,
  'hw_rng:rate_bytes': words('0', '1024'),
  'hw_rng:rate_period': words('0', '1000'),
  'hw_video:ram_max_mb': words('0', '64'),
  'hw:serial_port_count': words('0', '2'),
  'hw:pmu': flag,
  'hw:hide_hypervisor_id': flag,
  hide_hypervisor_id: flag,
  'hw:tpm_version': words('1.2', '2.0'),
  'hw:tpm_model': words('tpm-tis', 'tpm-crb'),
  'os:secure_boot': words('required', 'disabled'),
  'hw:vif_multiqueue_enabled': flag,
  'hw:viommu_model': words('intel', 'virtio', 'auto', 'smmuv3'),
  'trait:HW_CPU_X86_AVX2': words('required'),
  'hw:cpu_policy': words('dedicated', 'shared', 'mixed'),
  'hw:cpu_thread_policy': words('prefer', 'isolate', 'require'),
  'hw:cpu_dedicated_mask': words('^0', '1'),
  'hw:emulator_threads_policy': words('share', 'isolate'),
  'hw:cpu_realtime': words('yes', 'no'),
  'hw:cpu_realtime_mask': words('^0', '1-3'),
  'hw:numa_nodes': words('1', '2'),
  'hw:mem_page_size': words('small', 'large', 'any', '2MB'),
  'hw:locked_memory': flag,
};

const PROPERTIES = {
  hw_cpu_cores: words('2'),
  hw_cpu_max_sockets: words('1', '4'),
  hw_boot_menu: flag,
  hw_watchdog_action: words('reset', 'disabled'),
  hw_video_ram: words('16'),
  hw_video_model: words('cirrus', 'qxl', 'vga', 'virtio', 'none', 'bochs'),
  hw_pmu: flag,
  img_hide_hypervisor_id: flag,
  hw_tpm_version: words('1.2', '2.0'),
  os_secure_boot: words('required', 'disabled', 'optional'),
  hw_firmware_type: words('uefi', 'bios'),
  hw_machine_type: words('pc', 'q35', 'q35', 'pc-q35-7.2', 'virt'),
  hw_vif_multiqueue_enabled: flag,
  hw_vif_model: words('virtio', 'e1000', 'rtl8139', 'vmxnet3', 'lan9118', 'VirtualE1000'),
  hw_disk_bus: words('virtio', 'scsi', 'ide', 'usb', 'fdc', 'sata'),
  hw_cdrom_bus: words('virtio', 'scsi', 'ide', 'usb', 'sata'),
  hw_scsi_model: words('lsilogic', 'virtio-scsi', 'vmpvscsi'),
  hw_input_bus: words('usb', 'virtio'),
  hw_pointer_model: words('usbtablet'),
  hw_qemu_guest_agent: flag,
  os_type: words('linux', 'windows'),
  hw_time_hpet: flag,
  os_command_line: words('quiet splash', ''),
  img_config_drive: words('mandatory', 'optional'),
  hw_rescue_device: words('cdrom', 'disk', 'floppy'),
  hw_rescue_bus: words('usb', 'virtio', 'scsi', 'sata'),
  hw_viommu_model: words('intel', 'auto'),
  hw_architecture: words('x86_64', 'i686', 'aarch64', 'ppc64le', 's390x'),
  hw_emulation_architecture: words('aarch64', 'ppc64le', 's390x'),
  vmware_adaptertype: words('lsiLogic', 'ide', 'paraVirtual'),
  hw_cpu_policy: words('dedicated', 'shared'),
  hw_mem_page_size: words('small', '2048'),
};

const cell = fc.record({
  memory_mb: fc.constantFrom(4096, 16_384),
  hyperthreads: fc.boolean(),
  hugePages: fc.constantFrom(0, 1024),
});

const host = fc.record(
  {
    arch: fc.constantFrom('x86_64', 'x86_64', 'x86_64', 'aarch64', 'ppc64le', 's390x', 'i686'),
    virt_type: fc.constantFrom('kvm', 'qemu'),
    max_queues: fc.constantFrom(1, 256),
    numa_cells: fc.array(cell, { minLength: 1, maxLength: 3 }).map((cells) => cells.map(numaCell)),
  },
  { requiredKeys: ['numa_cells'] },
);

const settings = fc.record(
  {
    cpu: fc.constantFrom(
      { cpu_mode: 'host-passthrough', cpu_model_extra_flags: ['+vmx', '-MTRR', 'pcid'] },
      { cpu_mode: 'custom', cpu_models: ['SandyBridge', 'haswell-notsx', 'EPYC'] },
      { cpu_mode: 'none', cpu_model_extra_flags: ['pcid'] },
    ),
    vnc: fc.constantFrom(null, { listen: '::' }),
    mem_stats_period_seconds: fc.constantFrom(0, 30),
    pointer_model: fc.constant(null),
    num_pcie_ports: fc.constantFrom(0, 4),
    rx_queue_size: fc.constantFrom(256, 1024),
    disk_cache: fc.constantFrom('writeback', 'directsync'),
    config_drive_format: fc.constant('vfat'),
    sysinfo: fc.constant({ serial: 'none' }),
  },
  { requiredKeys: [] },
);

/** One guest, as `render` takes it. */
export const description = fc
  .record({
    vcpus: fc.constantFrom(1, 2, 4, 8),
    memory_mb: fc.constantFrom(512, 2048),
    disks: fc.record({ ephemeral_gb: fc.constantFrom(0, 5), swap: fc.constantFrom(0, 512) }),
    specs: some(EXTRA_SPECS),
    disk_format: fc.constantFrom('qcow2', 'qcow2', 'raw', 'iso'),
    properties: some(PROPERTIES),
    instance: fc.record(
      { config_drive: fc.boolean(), kernel: fc.boolean(), ramdisk: fc.boolean(), rescue: fc.boolean() },
      { requiredKeys: [] },
    ),
    ports: fc.constantFrom(0, 1, 1, 2),
    host,
    settings,
  })
  .map(
    ({
      vcpus,
      memory_mb,
      disks,
      specs,
      disk_format,
      properties,
      instance,
      ports,
      host: facts,
      settings: given,
    }) => {
      const { cpu, ...others } = given;
      return {
        flavor: { name: 'f & g', vcpus, memory_mb, ...disks, extra_specs: specs },
        image: { id: '155d900f-4e14-4e4c-a73d-069cbf4541e6', disk_format, properties },
        instance: {
          uuid: UUID,
          display_name: 'web',
          created_at: '2026-11-21 08:00:00',
          user_id: 'u',
          project_id: 'p',
          ...instance,
        },
        ports: Array.from({ length: ports }, (_unused, index) => port(index)),
        host: facts,
        settings: { ...others, ...cpu },
      };
    },
  );

const UUID = 'aaaaaaaa-bbbb-4ccc-8ddd-000000000001';

function words(...values: readonly string[]): fc.Arbitrary<string> {
  return fc.constantFrom(...values);
}

/** A few of the keys: with many, nearly every guest would be refused for one of them. */
function some(
  table: Readonly<Record<string, fc.Arbitrary<string>>>,
): fc.Arbitrary<Readonly<Record<string, string>>> {
  const pairs = Object.entries(table).map(([key, value]) => value.map((word) => [key, word] as const));
  return fc.array(fc.oneof(...pairs), { maxLength: 5 }).map((chosen) => Object.fromEntries(chosen));
}

function numaCell(given: { memory_mb: number; hyperthreads: boolean; hugePages: number }, id: number) {
  const { memory_mb, hyperthreads, hugePages } = given;
  const cpus = [0, 1, 2, 3].map((cpu) => id * 4 + cpu);
  const [a = 0, b = 0, c = 0, d = 0] = cpus;
  const pages = [
    { size: 4, total: memory_mb * 256 },
    ...(hugePages > 0 ? [{ size: 2048, total: hugePages }] : []),
  ];
  return {
    id,
    memory_mb,
    cpus,
    page_sizes_kb: pages,
    ...(hyperthreads
      ? {
          siblings: [
            [a, c],
            [b, d],
          ],
        }
      : {}),
  };
}

function port(index: number) {
  return {
    id: `f216af48-1133-45c2-9954-5ac66baf2f0${index}`,
    mac: `fa:16:3e:00:00:0${index}`,
    bridge: 'br-int',
    devname: `tapf216af48-1${index}`,
    fixed_ips: [{ address: `10.0.0.${index + 1}` }],
    ...(index === 1 ? { mtu: 1450 } : {}),
  };
}
