// Older names of image properties. Rules: nova/objects/image_meta.py, ImageMetaProps.from_dict.
import type { RawValues } from './hardware-key.ts';

/** Older names and the ones that replaced them. */
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

/** Two properties in one: `ide`, or the model of a SCSI controller. */
export const VMWARE_ADAPTER = 'vmware_adaptertype';

export interface CurrentNames {
  /** Under current names only; a current name wins over its older one. */
  readonly values: RawValues;
  /** Current names that older ones stood for, and these. */
  readonly writtenAs: ReadonlyMap<string, string>;
}

export function withCurrentNames(raw: RawValues): CurrentNames {
  const values: Record<string, string> = {};
  const writtenAs = new Map<string, string>();
  const take = (name: string, value: string, older: string) => {
    values[name] = value;
    writtenAs.set(name, older);
  };
  for (const [key, value] of Object.entries(raw)) {
    const name = LEGACY_PROPERTY_NAMES.get(key);
    if (name !== undefined) take(name, value, key);
  }
  const adapter = raw[VMWARE_ADAPTER];
  if (adapter === 'ide') take('hw_disk_bus', 'ide', VMWARE_ADAPTER);
  else if (adapter !== undefined && adapter !== '') {
    take('hw_disk_bus', 'scsi', VMWARE_ADAPTER);
    take('hw_scsi_model', adapter, VMWARE_ADAPTER);
  }
  for (const [key, value] of Object.entries(raw)) {
    if (LEGACY_PROPERTY_NAMES.has(key) || key === VMWARE_ADAPTER) continue;
    values[key] = value;
    writtenAs.delete(key);
  }
  return { values, writtenAs };
}
