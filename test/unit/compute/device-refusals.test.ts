// What flavor and image may not ask of a guest's devices: every refusal by its fault and the key that it names.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../../src/base/index.ts';
import { render } from '../../../src/compute/render.ts';

interface Guest {
  readonly specs?: Readonly<Record<string, string>>;
  readonly image?: Readonly<Record<string, string>>;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly flavor?: Readonly<Record<string, unknown>>;
  readonly instance?: Readonly<Record<string, unknown>>;
  readonly host?: Readonly<Record<string, unknown>>;
}

function faultOf({
  specs = {},
  image = {},
  settings = {},
  flavor = {},
  instance = {},
  host = {},
}: Guest): Fault {
  const uuid = '11111111-2222-3333-4444-555555555555';
  try {
    render({
      flavor: { name: 'f', vcpus: 2, memory_mb: 64, extra_specs: specs, ...flavor },
      image: { properties: image },
      instance: { uuid, ...instance },
      settings,
      host,
    });
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  return assert.fail(`no fault was thrown for ${JSON.stringify({ specs, image, settings })}`);
}

function refused(guest: Guest, code: string, key: string): void {
  const fault = faultOf(guest);
  assert.deepEqual([fault.code, fault.details['key']], [code, key], JSON.stringify(guest));
}

test('flavor and image that disagree are refused with the key of both', () => {
  const pairs: readonly (readonly [key: string, ofFlavor: string, ofImage: string])[] = [
    ['hw:pmu', 'on', 'off'],
    ['hw:vif_multiqueue_enabled', 'true', 'false'],
    ['hw:virtio_packed_ring', 'false', 'true'],
    ['hw:tpm_version', '1.2', '2.0'],
    ['hw:sound_model', 'ich6', 'ich9'],
    ['hw:usb_model', 'none', 'qemu-xhci'],
    ['hw:redirected_usb_ports', '1', '2'],
    ['hw:maxphysaddr_mode', 'emulate', 'passthrough'],
    ['os:secure_boot', 'required', 'disabled'],
  ];
  for (const [key, ofFlavor, ofImage] of pairs) {
    const image = { [key.replace(':', '_')]: ofImage, hw_machine_type: 'q35', hw_firmware_type: 'uefi' };
    refused({ specs: { [key]: ofFlavor }, image }, 'FLAVOR_IMAGE_CONFLICT', key);
  }
  const specs = { 'hw:tpm_version': '2.0', 'hw:tpm_model': 'tpm-tis' };
  refused({ specs, image: { hw_tpm_model: 'tpm-crb' } }, 'FLAVOR_IMAGE_CONFLICT', 'hw:tpm_model');
});

test('alike is no conflict, also where the one is written otherwise than the other', () => {
  const specs = { 'hw:redirected_usb_ports': '2', 'hw:pmu': 'yes' };
  const text = { hw_redirected_usb_ports: '02', hw_pmu: 'on' };
  assert.match(
    render({
      flavor: { name: 'f', vcpus: 1, memory_mb: 64, extra_specs: specs },
      image: { properties: text },
      instance: { uuid: '11111111-2222-3333-4444-555555555555' },
    }),
    /<pmu state="on"\/>[\s\S]*<redirdev[\s\S]*<redirdev/,
  );
});

test('a CRB TPM of version 1.2 does not exist', () => {
  refused(
    { specs: { 'hw:tpm_version': '1.2', 'hw:tpm_model': 'tpm-crb' } },
    'TPM_UNSUPPORTED',
    'hw:tpm_model',
  );
});

test('an IOMMU needs a machine that can have one', () => {
  refused({ specs: { 'hw:viommu_model': 'intel' } }, 'VIOMMU_UNSUPPORTED', 'hw:viommu_model');
  refused(
    { image: { hw_viommu_model: 'auto' }, host: { arch: 's390x' } },
    'VIOMMU_UNSUPPORTED',
    'hw:viommu_model',
  );
});

test('an IOMMU of another architecture is refused, but where Nova is copied to the letter', () => {
  const guest = { specs: { 'hw:viommu_model': 'smmuv3' }, image: { hw_machine_type: 'q35' } };
  refused({ ...guest, settings: { profile: 'modern' } }, 'VIOMMU_UNSUPPORTED', 'hw:viommu_model');
  const intel = { specs: { 'hw:viommu_model': 'intel' }, host: { arch: 'aarch64' } };
  refused({ ...intel, settings: { profile: 'modern' } }, 'VIOMMU_UNSUPPORTED', 'hw:viommu_model');
});

test('IDE has four places and no more', () => {
  refused(
    {
      image: { hw_disk_bus: 'ide', hw_rescue_device: 'cdrom' },
      flavor: { ephemeral_gb: 1, swap: 64 },
      instance: { rescue: true, config_drive: true },
    },
    'DISK_BUS_FULL',
    'hw_disk_bus',
  );
});

test('a filesystem is no rescue disk', () => {
  refused(
    { image: { hw_rescue_device: 'fs' }, instance: { rescue: true } },
    'RESCUE_DEVICE_UNSUPPORTED',
    'hw_rescue_device',
  );
});

test('a LUN is a rescue disk on the bus that the image names, and on no other', () => {
  refused(
    { image: { hw_rescue_device: 'lun' }, instance: { rescue: true } },
    'RESCUE_DEVICE_UNSUPPORTED',
    'hw_rescue_device',
  );
});

test('machines without UEFI get none, whatever files are described', () => {
  const fault = faultOf({ image: { hw_firmware_type: 'uefi' }, host: { arch: 's390x' } });
  assert.equal(fault.code, 'FIRMWARE_ABSENT');
});

test('a description has no PCI devices to give away', () => {
  refused({ specs: { 'pci_passthrough:alias': 'gpu:1' } }, 'PCI_UNDESCRIBED', 'pci_passthrough:alias');
});

test('a guest without USB cannot have its disk there; Zed leaves the wish aside', () => {
  const guest = { specs: { 'hw:usb_model': 'none' }, image: { hw_disk_bus: 'usb' } };
  refused({ ...guest, settings: { profile: 'modern' } }, 'USB_NEEDED', 'hw:usb_model');
});

test('a CPU model with what the traits require must be among the configured ones', () => {
  const specs = { 'trait:HW_CPU_X86_AVX512F': 'required' };
  const fault = faultOf({ specs, settings: { cpu_mode: 'custom', cpu_models: ['Haswell', 'EPYC'] } });
  assert.equal(fault.code, 'CPU_MODEL_UNSUPPORTED');
  assert.deepEqual(fault.details, { models: 'Haswell, EPYC', flags: 'avx512f' });
});

test('without a display Zed looks at no video memory, and a launch does, since a later start may have one', () => {
  const image = { hw_video_ram: '16' };
  const uuid = '11111111-2222-3333-4444-555555555555';
  const description = {
    flavor: { name: 'f', vcpus: 1, memory_mb: 64 },
    image: { properties: image },
    instance: { uuid },
  };
  assert.doesNotMatch(render({ ...description, settings: { vnc: null } }), /<video>/);
  assert.equal(faultOf({ image }).code, 'VIDEO_RAM_EXCEEDED');
  assert.equal(faultOf({ image, settings: { profile: 'modern', vnc: null } }).code, 'VIDEO_RAM_EXCEEDED');
});

test('cards, machines and architectures that the host cannot have are named', () => {
  refused({ image: { hw_vif_model: 'lan9118' } }, 'VIF_MODEL_UNSUPPORTED', 'hw_vif_model');
  refused({ image: { hw_vif_model: 'igb' } }, 'VIF_MODEL_UNSUPPORTED', 'hw_vif_model');
  refused({ host: { arch: 'vax' } }, 'ARCH_UNSUPPORTED', 'hw_architecture');
  const secure = { specs: { 'os:secure_boot': 'required' }, image: { hw_firmware_type: 'uefi' } };
  refused(secure, 'SECURE_BOOT_UNSUPPORTED', 'os:secure_boot');
});
