import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Fault } from '../../../src/base/index.ts';
import { render } from '../../../src/compute/render.ts';
import { find, parseXml, textOf } from '../../../src/libvirt-xml/index.ts';
import { canonical } from '../../golden/canonical.ts';
import { goldenCases } from '../../golden/cases.ts';

for (const golden of goldenCases()) {
  test(`${golden.name}.json means ${golden.name}.xml`, () => {
    const expected = parseXml(readFileSync(golden.xmlPath, 'utf8'), golden.xmlPath);
    assert.equal(canonical(parseXml(render(golden.input), 'the rendered domain')), canonical(expected));
  });
}

const uuid = '11111111-2222-3333-4444-555555555555';
const smallest = { flavor: { name: 'f', vcpus: 1, memory_mb: 64 }, image: {}, instance: { uuid } };

function faultOf(input: unknown): Fault {
  try {
    render(input);
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  return assert.fail('no fault was thrown');
}

test('the smallest description is enough', () => {
  const root = parseXml(render(smallest), 'the rendered domain');
  assert.equal(textOf(find(root, 'name')), 'instance-00000001');
  assert.equal(textOf(find(root, 'memory')), '65536');
});

test('several descriptions give several documents, in order', () => {
  const second = { ...smallest, instance: { uuid, name: 'instance-00000002' } };
  assert.equal(render([smallest, second]), render(smallest) + render(second));
});

test('a description that is wrong names the path', () => {
  const wrong: readonly (readonly [unknown, string, RegExp])[] = [
    [null, '', /not an object/],
    [{}, 'flavor', /missing/],
    [{ ...smallest, flavour: {} }, '', /flavour/],
    [{ ...smallest, flavor: { ...smallest.flavor, vcpus: 0 } }, 'flavor.vcpus', /less than 1/],
    [{ ...smallest, flavor: { ...smallest.flavor, disk: 1 } }, 'flavor', /disk/],
    [{ ...smallest, image: { properties: { hw_pmu: true } } }, 'image.properties.hw_pmu', /string/],
    [{ ...smallest, instance: { uuid: 'not-a-uuid' } }, 'instance.uuid', /UUID/],
    [{ ...smallest, ports: [{ id: 'a', mac: 'b', bridge: 'c' }] }, 'ports[0].devname', /missing/],
    [{ ...smallest, settings: { cpu_mode: 'fast' } }, 'settings.cpu_mode', /host-model/],
    [[smallest, { ...smallest, host: { arch: 1 } }], '[1].host.arch', /string/],
  ];
  for (const [input, path, message] of wrong) {
    const fault = faultOf(input);
    assert.equal(fault.code, 'RENDER_INPUT_INVALID');
    assert.equal(fault.details['path'], path);
    assert.match(fault.message, message);
  }
});

test('what flavor and image may not ask for is refused by name', () => {
  const cases: readonly (readonly [string, Record<string, string>, Record<string, string>])[] = [
    ['EXTRA_SPEC_UNKNOWN', { 'hw:cpu_socket': '1' }, {}],
    ['EXTRA_SPEC_UNSUPPORTED', { 'hw:mem_encryption': 'true' }, {}],
    ['EXTRA_SPEC_INVALID', { 'hw:watchdog_action': 'bark' }, {}],
    ['IMAGE_PROPERTY_UNKNOWN', {}, { hw_disk_buss: 'scsi' }],
    ['IMAGE_PROPERTY_UNSUPPORTED', {}, { hw_mem_encryption: 'true' }],
    ['IMAGE_PROPERTY_INVALID', {}, { hw_disk_bus: 'fast' }],
    ['FLAVOR_IMAGE_CONFLICT', { 'hw:pmu': 'true' }, { hw_pmu: 'false' }],
    [
      'FLAVOR_IMAGE_CONFLICT',
      { 'os:secure_boot': 'disabled' },
      { os_secure_boot: 'required', hw_firmware_type: 'uefi' },
    ],
    ['VIDEO_RAM_EXCEEDED', { 'hw_video:ram_max_mb': '8' }, { hw_video_ram: '16' }],
    ['VIF_MODEL_UNSUPPORTED', {}, { hw_vif_model: 'lan9118' }],
    ['SECURE_BOOT_UNSUPPORTED', { 'os:secure_boot': 'required' }, { hw_firmware_type: 'uefi' }],
    ['IMAGE_PROPERTY_INVALID', {}, { hw_architecture: 'vax' }],
    ['ARCH_UNSUPPORTED', {}, { hw_architecture: 'sparc' }],
  ];
  for (const [code, extra_specs, properties] of cases) {
    const input = { ...smallest, flavor: { ...smallest.flavor, extra_specs }, image: { properties } };
    assert.equal(faultOf(input).code, code, JSON.stringify([extra_specs, properties]));
  }
});

test('secure boot that is required needs UEFI in a modern guest, and Zed forgets it without', () => {
  const input = (profile: string) => ({
    ...smallest,
    flavor: { ...smallest.flavor, extra_specs: { 'os:secure_boot': 'required' } },
    settings: { profile },
  });
  assert.equal(faultOf(input('modern')).code, 'SECURE_BOOT_UNSUPPORTED');
  assert.doesNotMatch(render(input('zed')), /<loader/);
});

test('modern guests with more serial ports than allowed are refused, and Zed does not count them', () => {
  const input = (profile: string) => ({
    ...smallest,
    flavor: { ...smallest.flavor, extra_specs: { 'hw:serial_port_count': '4' } },
    settings: { profile },
  });
  assert.equal(faultOf(input('modern')).code, 'SERIAL_PORTS_EXCEEDED');
  assert.match(render(input('zed')), /<serial type="pty">/);
});
