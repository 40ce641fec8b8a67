// An image's properties as typed fields, by Nova's rules. Field names are Nova's property names. Properties outside
// `hw_` that Nova does not know are anybody's and pass.
import { Fault } from '../base/index.ts';
import { SECURE_BOOT_POLICIES, WATCHDOG_ACTIONS } from './extra-specs.ts';
import type { DiskBus } from './hardware.ts';
import {
  HW_PROPERTIES,
  LATER_PROPERTIES,
  LEGACY_PROPERTY_NAMES,
  NUMBERED_PROPERTY,
} from './image-property-keys.ts';
import { nearestName } from './nearest-name.ts';
import { TextFields } from './text-fields.ts';

const KIND = { noun: 'Image property', kind: 'invalid', code: 'IMAGE_PROPERTY_INVALID' } as const;

const DISK_BUSES: readonly DiskBus[] = ['virtio', 'scsi', 'sata', 'ide', 'usb', 'fdc'];
const SCSI_MODELS = [
  'buslogic',
  'ibmvscsi',
  'lsilogic',
  'lsisas1068',
  'lsisas1078',
  'virtio-scsi',
  'vmpvscsi',
] as const;
const SCSI_ALIASES = { lsilogicsas: 'lsisas1068', paravirtual: 'vmpvscsi' } as const;
const VIDEO_MODELS = ['cirrus', 'qxl', 'vga', 'vmvga', 'xen', 'virtio', 'gop', 'none', 'bochs'] as const;
const ARCH_ALIASES: Readonly<Record<string, string>> = {
  amd64: 'x86_64',
  arm64: 'aarch64',
  i386: 'i686',
  i486: 'i686',
  i586: 'i686',
};
const VIF_ALIASES: Readonly<Record<string, string>> = {
  virtuale1000: 'e1000',
  virtuale1000e: 'e1000e',
  virtualpcnet32: 'pcnet',
  virtualvmxnet3: 'vmxnet3',
};

export type ImageProperties = ReturnType<typeof readFields>;

/**
 * Checks and reads image properties, older names included.
 * Throws `IMAGE_PROPERTY_UNKNOWN`, `IMAGE_PROPERTY_UNSUPPORTED` or `IMAGE_PROPERTY_INVALID`.
 */
export function imageProperties(raw: Readonly<Record<string, string>>): ImageProperties {
  const current = withCurrentNames(raw);
  for (const [key, value] of Object.entries(current)) checkKey(key, value);
  return readFields(new TextFields(current, KIND));
}

function withCurrentNames(raw: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const current: Record<string, string> = {};
  for (const [key, value] of Object.entries(raw)) current[LEGACY_PROPERTY_NAMES.get(key) ?? key] = value;
  const adapter = raw['vmware_adaptertype'];
  if (adapter === 'ide') current['hw_disk_bus'] = 'ide';
  else if (adapter !== undefined && adapter !== '') {
    current['hw_disk_bus'] = 'scsi';
    current['hw_scsi_model'] = adapter;
  }
  for (const [key, value] of Object.entries(raw)) {
    if (!LEGACY_PROPERTY_NAMES.has(key)) current[key] = value;
  }
  return current;
}

function checkKey(key: string, value: string): void {
  const neutral = NUMBERED_PROPERTY.test(key) ? [] : LATER_PROPERTIES.get(key);
  if (neutral?.includes(value.trim().toLowerCase()) === false) {
    throw new Fault(
      'unsupported',
      'IMAGE_PROPERTY_UNSUPPORTED',
      `Image property ${key} is not carried out yet`,
      {
        hint: `Take ${key} off the image.`,
        details: { key },
      },
    );
  }
  if (neutral !== undefined || HW_PROPERTIES.has(key) || !key.startsWith('hw_')) return;
  const nearest = nearestName(key, [...HW_PROPERTIES, ...LATER_PROPERTIES.keys()]);
  throw new Fault('invalid', 'IMAGE_PROPERTY_UNKNOWN', `There is no image property "${key.slice(0, 80)}"`, {
    hint: nearest === undefined ? 'docs/images.md lists the image properties.' : `Did you mean ${nearest}?`,
    details: nearest === undefined ? { key } : { key, nearest },
  });
}

function readFields(fields: TextFields) {
  return {
    hw_architecture: architecture(fields, 'hw_architecture'),
    hw_emulation_architecture: architecture(fields, 'hw_emulation_architecture'),
    hw_boot_menu: fields.flag('hw_boot_menu'),
    hw_cdrom_bus: fields.oneOf('hw_cdrom_bus', DISK_BUSES),
    hw_disk_bus: fields.oneOf('hw_disk_bus', DISK_BUSES),
    hw_cpu_sockets: fields.count('hw_cpu_sockets', 1),
    hw_cpu_cores: fields.count('hw_cpu_cores', 1),
    hw_cpu_threads: fields.count('hw_cpu_threads', 1),
    hw_cpu_max_sockets: fields.count('hw_cpu_max_sockets', 1),
    hw_cpu_max_cores: fields.count('hw_cpu_max_cores', 1),
    hw_cpu_max_threads: fields.count('hw_cpu_max_threads', 1),
    hw_firmware_type: fields.oneOf('hw_firmware_type', ['uefi', 'bios'] as const),
    hw_input_bus: fields.oneOf('hw_input_bus', ['usb', 'virtio'] as const),
    hw_machine_type: fields.text('hw_machine_type'),
    hw_pmu: fields.flag('hw_pmu'),
    hw_pointer_model: fields.oneOf('hw_pointer_model', ['usbtablet'] as const),
    hw_qemu_guest_agent: fields.flag('hw_qemu_guest_agent'),
    hw_scsi_model: fields.oneOf('hw_scsi_model', SCSI_MODELS, SCSI_ALIASES),
    hw_serial_port_count: fields.count('hw_serial_port_count', 0),
    hw_time_hpet: fields.flag('hw_time_hpet'),
    hw_vif_model: alias(fields.text('hw_vif_model'), VIF_ALIASES),
    hw_vif_multiqueue_enabled: fields.flag('hw_vif_multiqueue_enabled'),
    hw_video_model: fields.oneOf('hw_video_model', VIDEO_MODELS),
    hw_video_ram: fields.count('hw_video_ram', 0),
    hw_vm_mode: fields.oneOf('hw_vm_mode', ['hvm'] as const, { hv: 'hvm', baremetal: 'hvm' }),
    hw_watchdog_action: fields.oneOf('hw_watchdog_action', WATCHDOG_ACTIONS),
    img_config_drive: fields.oneOf('img_config_drive', ['optional', 'mandatory'] as const),
    img_hide_hypervisor_id: fields.flag('img_hide_hypervisor_id'),
    os_admin_user: fields.text('os_admin_user'),
    os_command_line: fields.text('os_command_line'),
    os_secure_boot: fields.oneOf('os_secure_boot', SECURE_BOOT_POLICIES),
    os_type: fields.oneOf('os_type', ['linux', 'windows'] as const),
  };
}

function architecture(fields: TextFields, key: string): string | undefined {
  return alias(fields.text(key), ARCH_ALIASES);
}

function alias(word: string | undefined, aliases: Readonly<Record<string, string>>): string | undefined {
  const lower = word?.trim().toLowerCase();
  return lower === undefined ? undefined : (aliases[lower] ?? lower);
}
