import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fault } from '../../../src/base/index.ts';
import {
  checkImageProperties,
  IMAGE_PROPERTY_KEYS,
  imageProperties,
  LEGACY_PROPERTY_NAMES,
} from '../../../src/model/index.ts';
import { illegalText, legalText } from './legal-values.ts';

type Properties = Record<string, string>;

/** Fields, or the fault's code and key. */
function outcome(properties: Properties): unknown {
  try {
    return imageProperties(properties);
  } catch (error) {
    if (error instanceof Fault) return { code: error.code };
    throw error;
  }
}

function faultOf(read: () => unknown): Fault {
  try {
    read();
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  return assert.fail('no fault was thrown');
}

for (const [older, current] of LEGACY_PROPERTY_NAMES) {
  const known = IMAGE_PROPERTY_KEYS.get(current);

  test(`${older} is read as ${current}, and gives way to it`, () => {
    assert.ok(known !== undefined);
    fc.assert(
      fc.property(legalText(known), fc.string(), (text, other) => {
        assert.deepEqual(outcome({ [older]: text }), outcome({ [current]: text }));
        assert.deepEqual(outcome({ [older]: other, [current]: text }), outcome({ [current]: text }));
        assert.deepEqual(outcome({ [current]: text, [older]: other }), outcome({ [current]: text }));
      }),
      { numRuns: 30 },
    );
    const illegal = illegalText(known);
    if (illegal === null) return;
    fc.assert(
      fc.property(
        illegal,
        (text) => faultOf(() => imageProperties({ [older]: text })).details['key'] === older,
      ),
      { numRuns: 30 },
    );
  });
}

for (const [adapter, bus, model] of [
  ['ide', 'ide', undefined],
  ['busLogic', 'scsi', 'buslogic'],
  ['lsiLogic', 'scsi', 'lsilogic'],
  ['lsiLogicsas', 'scsi', 'lsisas1068'],
  ['paraVirtual', 'scsi', 'vmpvscsi'],
  ['', undefined, undefined],
] as const) {
  test(`vmware_adaptertype "${adapter}" is the bus ${bus} and the SCSI model ${model}`, () => {
    const { hw_disk_bus, hw_scsi_model } = imageProperties({ vmware_adaptertype: adapter });
    assert.deepEqual([hw_disk_bus, hw_scsi_model], [bus, model]);
  });
}

test('a bus of the image itself wins over vmware_adaptertype', () => {
  const { hw_disk_bus, hw_scsi_model } = imageProperties({
    hw_disk_bus: 'sata',
    vmware_adaptertype: 'paraVirtual',
  });
  assert.deepEqual([hw_disk_bus, hw_scsi_model], ['sata', 'vmpvscsi']);
});

test('an adapter that is none, as Nova compares it, is refused under the name it was written with', () => {
  for (const adapter of ['IDE', 'nvme'] as const) {
    const fault = faultOf(() => imageProperties({ vmware_adaptertype: adapter }));
    assert.deepEqual([fault.code, fault.details['key']], ['IMAGE_PROPERTY_INVALID', 'vmware_adaptertype']);
  }
});

test('older words stand for the ones of today', () => {
  for (const [key, older, current] of [
    ['hw_architecture', 'amd64', 'x86_64'],
    ['hw_architecture', 'I386', 'i686'],
    ['hw_architecture', 'i486', 'i686'],
    ['hw_architecture', 'i586', 'i686'],
    ['hw_architecture', 'x86_32', 'i686'],
    ['hw_architecture', 'x86_32p', 'i686'],
    ['hw_architecture', 'ARM64', 'aarch64'],
    ['hw_emulation_architecture', 'AARCH64', 'aarch64'],
    ['hw_scsi_model', 'lsiLogicsas', 'lsisas1068'],
    ['hw_scsi_model', 'paraVirtual', 'vmpvscsi'],
    ['hw_scsi_model', 'VIRTIO-SCSI', 'virtio-scsi'],
    ['hw_vif_model', 'VirtualE1000', 'e1000'],
    ['hw_vif_model', 'VirtualE1000e', 'e1000e'],
    ['hw_vif_model', 'VirtualPCNet32', 'pcnet'],
    ['hw_vif_model', 'VirtualSriovEthernetCard', 'sriov'],
    ['hw_vif_model', 'VirtualVmxnet', 'vmxnet'],
    ['hw_vif_model', 'VirtualVmxnet3', 'vmxnet3'],
    ['hw_vm_mode', 'HV', 'hvm'],
    ['hw_vm_mode', 'baremetal', 'hvm'],
    ['os_type', 'Windows', 'windows'],
  ] as const) {
    assert.equal(imageProperties({ [key]: older })[key], current, `${key}=${older}`);
  }
});

test('words without older ones are taken only as Nova writes them', () => {
  for (const [key, text] of [
    ['hw_disk_bus', 'VIRTIO'],
    ['hw_video_model', 'Cirrus'],
    ['hw_firmware_type', ' uefi'],
    ['hw_watchdog_action', 'Reset'],
  ] as const) {
    assert.equal(faultOf(() => imageProperties({ [key]: text })).code, 'IMAGE_PROPERTY_INVALID', key);
  }
});

test('what another hypervisor has is unsupported, not invalid', () => {
  for (const [key, text] of [
    ['hw_disk_bus', 'lxc'],
    ['hw_cdrom_bus', 'xen'],
    ['hw_vm_mode', 'pv'],
    ['vm_mode', 'uml'],
  ] as const) {
    const fault = faultOf(() => imageProperties({ [key]: text }));
    assert.deepEqual([fault.kind, fault.details['key']], ['unsupported', key]);
  }
});

test('traits count when they are required', () => {
  const { traits_required: traits } = imageProperties({
    'trait:HW_CPU_X86_AVX2': 'required',
    'trait:CUSTOM_A': 'forbidden',
    'trait:HW_CPU_X86_AES': 'required',
  });
  assert.deepEqual(traits, ['HW_CPU_X86_AES', 'HW_CPU_X86_AVX2']);
});

test('cells are read by their number, and exclusions wherever they stand', () => {
  const { hw_numa_cpus: cpus, hw_numa_mem: memory } = numaProperties();
  if (cpus === undefined || memory === undefined) return assert.fail('no cells were read');
  assert.deepEqual(
    [...cpus],
    [
      [0, [0, 1, 3]],
      [1, [2, 4]],
    ],
  );
  assert.deepEqual([...memory], [[0, 512]]);
});

function numaProperties() {
  return imageProperties({ 'hw_numa_cpus.1': '4, 2', 'hw_numa_cpus.0': '^2,0-3', 'hw_numa_mem.0': '512' });
}

for (const [what, properties, key] of [
  ['more sockets than its own limit', { hw_cpu_sockets: '4', hw_cpu_max_sockets: '2' }, 'hw_cpu_sockets'],
  ['more threads than its own limit', { hw_cpu_threads: '4', hw_cpu_max_threads: '2' }, 'hw_cpu_threads'],
  ['a cell left out', { 'hw_numa_mem.0': '1', 'hw_numa_mem.2': '1' }, 'hw_numa_mem.1'],
  ['fewer cells than it says', { hw_numa_nodes: '2', 'hw_numa_mem.0': '1' }, 'hw_numa_mem.0'],
  ['a vCPU in two cells', { 'hw_numa_cpus.0': '0-1', 'hw_numa_cpus.1': '1-2' }, 'hw_numa_cpus.1'],
  ['TPM 1.2 with the interface of 2.0', { hw_tpm_model: 'tpm-crb', hw_tpm_version: '1.2' }, 'hw_tpm_model'],
  ['secure boot of a BIOS', { os_secure_boot: 'required', hw_firmware_type: 'bios' }, 'os_secure_boot'],
  [
    'secure boot of an old PC',
    { os_secure_boot: 'required', hw_machine_type: 'pc-i440fx-7.2' },
    'os_secure_boot',
  ],
  ['a stateless BIOS', { hw_firmware_stateless: 'yes', hw_firmware_type: 'bios' }, 'hw_firmware_stateless'],
  [
    'threads by policy and by trait',
    { hw_cpu_thread_policy: 'require', 'trait:HW_CPU_HYPERTHREADING': 'required' },
    'hw_cpu_thread_policy',
  ],
] as const) {
  test(`an image with ${what} is refused before anybody launches it`, () => {
    const fault = faultOf(() => checkImageProperties(properties));
    assert.deepEqual(
      [fault.code, fault.kind, fault.details['key']],
      ['IMAGE_PROPERTIES_CONFLICT', 'invalid', key],
    );
    for (const left of Object.keys(properties)) {
      const { [left]: _one, ...others }: Properties = properties;
      if (!left.endsWith('.0')) checkImageProperties(others);
    }
  });
}

test('a text that no machine type is called is refused before anybody launches it', () => {
  for (const text of ['', 'q35 ', 'pc q35', 'q35<', 'pc/q35']) {
    const fault = faultOf(() => checkImageProperties({ hw_machine_type: text }));
    assert.deepEqual([fault.code, fault.details['key']], ['IMAGE_PROPERTY_INVALID', 'hw_machine_type']);
  }
  for (const text of ['pc', 'pc-q35-7.2', 's390-ccw-virtio', 'pseries-rhel7.6.0'])
    checkImageProperties({ hw_machine_type: text });
});

test('what a flavor can still make fit is not refused', () => {
  checkImageProperties({ hw_locked_memory: 'yes' });
  checkImageProperties({ hw_mem_page_size: 'large' });
  checkImageProperties({ hw_cpu_policy: 'mixed' });
  checkImageProperties({ hw_cpu_thread_policy: 'isolate' });
  checkImageProperties({ os_secure_boot: 'required' });
  checkImageProperties({ hw_numa_nodes: '2' });
});

for (const [properties, key, range] of [
  [{ hw_video_ram: '4194304' }, 'hw_video_ram', /from 0 to 4194303 MiB\./],
  [{ hw_video_ram: '2049', hw_video_model: 'qxl' }, 'hw_video_ram', /to 2048 MiB beside hw_video_model=qxl/],
  [{ hw_video_ram: '257', hw_video_model: 'bochs' }, 'hw_video_ram', /from 3 to 256 MiB/],
  [{ hw_video_ram: '2', hw_video_model: 'bochs' }, 'hw_video_ram', /from 3 to 256 MiB/],
  [{ hw_maxphysaddr_bits: '53' }, 'hw_maxphysaddr_bits', /from 32 to 52/],
  [{ os_shutdown_timeout: '2000001' }, 'os_shutdown_timeout', /from 0 to 2000000 seconds/],
] as const) {
  test(`an image with ${JSON.stringify(properties)} is refused with the range`, () => {
    const fault = faultOf(() => checkImageProperties(properties));
    assert.deepEqual(
      [fault.code, fault.kind, fault.details['key']],
      ['IMAGE_PROPERTY_INVALID', 'invalid', key],
    );
    assert.ok(fault.message.includes(Object.values<string>(properties)[0] ?? 'nothing'), fault.message);
    assert.match(fault.hint ?? '', new RegExp(`^${key} must be .*`));
    assert.match(fault.hint ?? '', range);
  });
}

test('numbers at the ends of what a guest can have are taken', () => {
  for (const properties of [
    { hw_video_ram: '4194303', hw_video_model: 'vga' },
    { hw_video_ram: '2048', hw_video_model: 'qxl' },
    { hw_video_ram: '256', hw_video_model: 'bochs' },
    { hw_video_ram: '0', hw_video_model: 'bochs' },
    { hw_maxphysaddr_bits: '32', os_shutdown_timeout: '2000000' },
  ])
    checkImageProperties(properties);
});
