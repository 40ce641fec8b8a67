import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeSettings } from '../../../src/app/configuration-file.ts';
import { isFault } from '../../../src/base/index.ts';
import { DEFAULT_HARDWARE } from '../../../src/compute/index.ts';
import { PROFILE_SWITCHES } from '../../../src/model/index.ts';

function hardware(text: string) {
  return decodeSettings(text, 'f.yaml').hardware;
}

test('one word chooses a profile with all its switches', () => {
  assert.deepEqual(hardware(''), DEFAULT_HARDWARE);
  assert.deepEqual(hardware('hardware: zed'), {
    ...DEFAULT_HARDWARE,
    ...PROFILE_SWITCHES.zed,
    profile: 'zed',
    pciePorts: 0, // as Nova
  });
});

test('each switch can be set by itself, in either profile', () => {
  const names = {
    iothreads: 'ioThreads',
    autodeflate: 'autodeflate',
    free_page_reporting: 'freePageReporting',
    discard: 'discard',
    io_uring: 'ioUring',
    packed_rings: 'packedRings',
    balloon: 'balloon',
  } as const;
  for (const profile of ['zed', 'modern'] as const) {
    const pciePorts = profile === 'zed' ? 0 : DEFAULT_HARDWARE.pciePorts;
    const base = { ...DEFAULT_HARDWARE, ...PROFILE_SWITCHES[profile], profile, pciePorts };
    for (const [key, field] of Object.entries(names)) {
      const turned = !base[field];
      const text = `hardware: { profile: ${profile}, ${key}: ${turned} }`;
      assert.deepEqual(hardware(text), { ...base, [field]: turned }, text);
    }
  }
});

test('what else is decided for new guests reaches its setting', () => {
  const text = `
hw_machine_type: { x86_64: pc-q35-7.2, aarch64: virt }
pointer_model: ps2mouse
mem_stats_period_seconds: 0
num_pcie_ports: 16
rx_queue_size: 1024
sysinfo_serial: none
`;
  assert.deepEqual(hardware(text), {
    ...DEFAULT_HARDWARE,
    machineTypes: { x86_64: 'pc-q35-7.2', aarch64: 'virt' },
    pointerModel: null,
    statsPeriodS: 0,
    pciePorts: 16,
    rxQueueSize: 1024,
    serialNumber: 'none',
  });
});

test('PCI devices and their aliases are read as Nova writes them', () => {
  const text = `
pci:
  device_spec: [{ address: "0000:5e:*.*" }, { vendor_id: "10de", product_id: "*" }]
  alias: [{ name: nic, vendor_id: "8086", product_id: "154c", device_type: type-VF }]
`;
  assert.deepEqual(decodeSettings(text, 'f.yaml').pci, {
    devices: [
      { vendorId: undefined, productId: undefined, address: '0000:5e:*.*' },
      { vendorId: '10de', productId: '*', address: undefined },
    ],
    aliases: [
      {
        name: 'nic',
        deviceType: 'type-VF',
        match: { vendorId: '8086', productId: '154c', address: undefined },
      },
    ],
  });
});

test('what is wrong is named', () => {
  const wrong: readonly (readonly [string, RegExp])[] = [
    ['hardware: fast', /hardware is not one of zed, modern/],
    ['hardware: { iothread: true }', /iothread/],
    ['hardware: { discard: unmap }', /hardware\.discard is not true or false/],
    ['cpu_models: [Haswell]', /cpu_models counts only with cpu_mode: custom/],
    ['rx_queue_size: 300', /rx_queue_size is not one of 256, 512, 1024/],
    ['num_pcie_ports: 29', /num_pcie_ports is more than 28/],
    ['pci: { alias: [{ name: gpu }] }', /pci\.alias\[0\] needs vendor_id and product_id, or address/],
    ['pci: { alias: [{ name: "a:b", address: "0000:00:00.0" }] }', /pci\.alias\[0\]\.name may hold no colon/],
    ['pci: { device_spec: [{ address: "5e" }] }', /device_spec\[0\]\.address is not a PCI address/],
    [
      'pci: { alias: [{ name: a, vendor_id: "8086", device_type: type-VF }, { name: a, vendor_id: "10de" }] }',
      /pci\.alias\[1\] has another device_type/,
    ],
  ];
  for (const [text, message] of wrong) {
    assert.throws(
      () => decodeSettings(text, 'f.yaml'),
      (error) => isFault(error, 'CONFIG_INVALID') && message.test(error.message),
      text,
    );
  }
});
