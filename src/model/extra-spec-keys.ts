// Every extra spec that Nova knows in the namespaces hw, hw_rng, hw_video, os and quota, and what becomes of it here.
// Source: nova/api/validation/extra_specs (26.2.2, and master where marked) and the keys its libvirt driver reads.

export type ExtraSpecStatus =
  /** Read by `extraSpecs` and carried out. */
  | 'done'
  /** Means something to the scheduler or to another driver, and nothing to Nova's libvirt driver. */
  | 'elsewhere'
  /** Not carried out yet. */
  | 'later';

export interface ExtraSpecKey {
  readonly status: ExtraSpecStatus;
  /** For `later`: values that ask for nothing, which pass. */
  readonly neutral?: readonly string[];
}

const DONE: ExtraSpecKey = { status: 'done' };
const ELSEWHERE: ExtraSpecKey = { status: 'elsewhere' };
const LATER: ExtraSpecKey = { status: 'later' };
const LATER_FLAG: ExtraSpecKey = { status: 'later', neutral: ['0', 'f', 'false', 'off', 'n', 'no'] };

export const EXTRA_SPEC_KEYS: ReadonlyMap<string, ExtraSpecKey> = new Map(
  Object.entries<ExtraSpecKey>({
    hide_hypervisor_id: DONE,
    'hw:boot_menu': DONE,
    'hw:cpu_cores': DONE,
    'hw:cpu_sockets': DONE,
    'hw:cpu_threads': DONE,
    'hw:cpu_max_cores': DONE,
    'hw:cpu_max_sockets': DONE,
    'hw:cpu_max_threads': DONE,
    'hw:max_cpu_cores': DONE,
    'hw:max_cpu_sockets': DONE,
    'hw:max_cpu_threads': DONE,
    'hw:hide_hypervisor_id': DONE,
    'hw:pmu': DONE,
    'hw:serial_port_count': DONE,
    'hw:vif_multiqueue_enabled': DONE,
    'hw:watchdog_action': DONE,
    'hw_rng:allowed': DONE,
    'hw_rng:rate_bytes': DONE,
    'hw_rng:rate_period': DONE,
    'hw_video:ram_max_mb': DONE,
    'os:secure_boot': DONE,
    ...quotaKeys(),

    'hw:cpu_policy': { status: 'later', neutral: ['shared'] },
    'hw:cpu_dedicated_mask': LATER,
    'hw:cpu_thread_policy': LATER,
    'hw:emulator_threads_policy': LATER,
    'hw:cpu_realtime': LATER_FLAG,
    'hw:cpu_realtime_mask': LATER,
    'hw:numa_nodes': LATER,
    'hw:mem_page_size': LATER,
    'hw:locked_memory': LATER_FLAG,
    'hw:mem_encryption': LATER_FLAG,
    'hw:mem_encryption_model': LATER, // master
    'hw:tpm_model': LATER,
    'hw:tpm_version': LATER,
    'hw:tpm_secret_security': LATER, // master
    'hw:viommu_model': LATER,
    'hw:pmem': LATER,
    'hw:ephemeral_encryption': LATER_FLAG,
    'hw:ephemeral_encryption_format': LATER,
    'hw:maxphysaddr_mode': LATER, // master
    'hw:maxphysaddr_bits': LATER, // master
    'hw:virtio_packed_ring': LATER_FLAG, // master
    'hw:usb_model': LATER, // master
    'hw:redirected_usb_ports': LATER, // master
    'hw:sound_model': LATER, // master

    'hw:pci_numa_affinity_policy': ELSEWHERE,
    'os:resolution': ELSEWHERE,
    'os:monitors': ELSEWHERE,
    'os:vram': ELSEWHERE,
  }),
);

/** `hw:numa_cpus.N` and `hw:numa_mem.N`: one key for each guest cell. */
export const NUMBERED_EXTRA_SPEC = /^hw:numa_(?:cpus|mem)\.\d+$/;

function quotaKeys(): Record<string, ExtraSpecKey> {
  const keys: Record<string, ExtraSpecKey> = {};
  for (const name of ['shares', 'period', 'quota']) keys[`quota:cpu_${name}`] = DONE;
  for (const way of ['read', 'write', 'total']) {
    for (const unit of ['bytes', 'iops']) keys[`quota:disk_${way}_${unit}_sec`] = DONE;
  }
  for (const way of ['inbound', 'outbound']) {
    for (const part of ['average', 'peak', 'burst']) keys[`quota:vif_${way}_${part}`] = DONE;
  }
  for (const what of ['cpu', 'memory', 'disk_io', 'vif']) {
    for (const part of ['limit', 'reservation', 'shares_level', 'shares_share']) {
      keys[`quota:${what}_${part}`] = ELSEWHERE; // the VMware driver
    }
  }
  return keys;
}
