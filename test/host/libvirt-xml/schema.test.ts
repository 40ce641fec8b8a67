// libvirt's own RelaxNG schema and libvirt itself as judges of what we write. Needs xmllint, virsh and libvirtd.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { render } from '../../../src/compute/render.ts';
import { liveDomainFacts, networkElement, serializeXml } from '../../../src/libvirt-xml/index.ts';
import { goldenCases } from '../../golden/cases.ts';
import { ownPrefix } from '../support/own-prefix.ts';
import { define, isForThisHost, validate, virsh } from './libvirt-judge.ts';

const { directory, prefix } = await ownPrefix();
after(() => rmSync(directory, { recursive: true }));

test("every golden domain fits libvirt's schema", () => {
  const valid = goldenCases().filter((golden) => golden.schemaValid);
  assert.ok(valid.length > 40);
  validate(
    'domain',
    valid.map((golden) => readFileSync(golden.xmlPath, 'utf8')),
  );
});

const maybe = (...words: readonly string[]) => fc.option(fc.constantFrom(...words), { nil: undefined });
const flag = maybe('yes', 'no', 'true', '0');
const flavor = fc.record({
  name: fc.string({ unit: 'grapheme-ascii', minLength: 1 }),
  vcpus: fc.integer({ min: 1, max: 16 }),
  memory_mb: fc.integer({ min: 1, max: 65536 }),
  ephemeral_gb: fc.constantFrom(0, 5),
  swap: fc.constantFrom(0, 512),
  extra_specs: fc.record({
    'hw:boot_menu': flag,
    'hw:cpu_cores': maybe('1', '2', '3'),
    'hw:hide_hypervisor_id': flag,
    'hw:vif_multiqueue_enabled': flag,
    'hw:watchdog_action': maybe('none', 'pause', 'poweroff', 'reset', 'disabled'),
    'hw_rng:allowed': flag,
    'hw_rng:rate_bytes': maybe('0', '1024'),
    'hw_rng:rate_period': maybe('1', '1000'),
    'hw_video:ram_max_mb': fc.constant('64'),
    'quota:cpu_shares': maybe('2', '1024'),
    'quota:disk_total_bytes_sec': maybe('1000000'),
    'quota:disk_read_iops_sec': maybe('100'),
    'quota:vif_outbound_average': maybe('1024'),
    'quota:vif_outbound_peak': maybe('2048'),
  }),
});
const image = fc.record({
  disk_format: fc.constantFrom('qcow2', 'raw', 'iso'),
  properties: fc.record({
    hw_machine_type: maybe('pc', 'q35'),
    hw_firmware_type: maybe('bios', 'uefi'),
    hw_disk_bus: maybe('virtio', 'scsi', 'sata', 'usb'),
    hw_scsi_model: maybe('virtio-scsi', 'lsilogic'),
    hw_input_bus: maybe('usb', 'virtio'),
    hw_vif_model: maybe('virtio', 'e1000', 'rtl8139'),
    hw_video_model: maybe('vga', 'qxl', 'virtio', 'none'),
    hw_video_ram: maybe('16', '64'),
    hw_qemu_guest_agent: flag,
    hw_pmu: flag,
    hw_time_hpet: flag,
    os_type: maybe('linux', 'windows'),
  }),
});
const description = fc.record({
  flavor,
  image,
  instance: fc.record({
    uuid: fc.uuid(),
    display_name: fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((name) => !/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/u.test(name)),
    config_drive: fc.boolean(),
    kernel: fc.boolean(),
    ramdisk: fc.boolean(),
    rescue: fc.boolean(),
  }),
  host: fc.record({ virt_type: fc.constantFrom('kvm', 'qemu') }),
  settings: fc.record({
    profile: fc.constantFrom('zed', 'modern'),
    vnc: fc.constantFrom(null, { listen: '::1' }),
    mem_stats_period_seconds: fc.constantFrom(0, 10),
    num_pcie_ports: fc.constantFrom(0, 4),
  }),
});

function withoutUndefined(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

test("any legal flavor and image give a domain that fits libvirt's schema", () => {
  const documents = fc.sample(description, 400).map((input) => render(withoutUndefined(input)));
  validate('domain', documents);
});

test("a network of ours fits libvirt's schema", () => {
  const network = {
    name: 'nvt-schema',
    uuid: randomUUID(),
    forward: 'nat',
    bridge: 'nvtbr0',
    mtu: 1500,
    domain: 'novalocal',
    ips: [
      {
        family: 'ipv4' as const,
        address: '192.168.150.1',
        prefix: 24,
        dhcp: {
          ranges: [{ start: '192.168.150.2', end: '192.168.150.254' }],
          hosts: [{ mac: 'fa:16:3e:00:00:01', address: '192.168.150.7', name: 'calm-otter' }],
        },
      },
      { family: 'ipv6' as const, address: 'fd00:150::1', prefix: 64, dhcp: null },
    ],
  };
  validate('network', [
    serializeXml(networkElement(network)),
    serializeXml(networkElement({ ...network, forward: 'isolated' })),
  ]);
});

/** What differs between a golden domain and one that this host can hold beside others: names, and TCG in place of KVM. */
function forThisHost(xml: string, name: string): string {
  const uuid = randomUUID();
  const renamed = xml
    .replace(/<name>[^<]*<\/name>/, `<name>${name}</name>`)
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?=<)/g, uuid)
    .replace('<domain type="kvm">', '<domain type="qemu">');
  return renamed;
}

const NO_SWTPM = existsSync('/usr/bin/swtpm') ? undefined : /TPM version '.*' is not supported/;

/** What Zed (or master) writes and libvirt refuses. `modern` writes none of it. */
const REFUSED: ReadonlyMap<string, RegExp | undefined> = new Map([
  ['zed/disk-cdrom-on-virtio', /does not support ejectable media/],
  ['zed/disk-floppy-bus-as-disk-bus', /Invalid bus type 'fdc' for disk/],
  [
    'zed/firmware-stateless-as-master-writes-it',
    /cannot be specified when firmware autoselection is enabled/,
  ],
  ['zed/usb-redirected-ports', /chardev 'spicevmc' not supported without spice graphics/],
  ['zed/vif-packed-ring-on-e1000', /packed driver option is only supported for virtio devices/],
  ['zed/viommu-auto-is-virtio', /iommu model 'virtio' doesn't support additional attributes/],
  ['zed/viommu-flavor-wins', /iommu model 'virtio' doesn't support additional attributes/],
  ['zed/everything-at-once', NO_SWTPM],
  ['zed/tpm-1.2-tis-by-default', NO_SWTPM],
  ['zed/tpm-2.0-crb', NO_SWTPM],
  ['zed/tpm-flavor-and-image-agree', NO_SWTPM],
  ['modern/tpm-without-a-secret', NO_SWTPM],
]);

test('at least forty different combinations are defined here', () => {
  const here = goldenCases().filter(
    ({ name, xmlPath }) => !REFUSED.has(name) && isForThisHost(readFileSync(xmlPath, 'utf8')),
  );
  assert.ok(here.length >= 40, String(here.length));
});

for (const golden of goldenCases()) {
  const xml = readFileSync(golden.xmlPath, 'utf8');
  if (!isForThisHost(xml)) continue;
  const name = `${prefix}-${golden.name.replace('/', '-')}`;
  const refusal = REFUSED.get(golden.name);
  if (refusal !== undefined) {
    test(`libvirt refuses ${golden.name}`, () => {
      assert.throws(() => define(forThisHost(xml, name)), refusal);
    });
    continue;
  }
  test(`libvirt defines ${golden.name} and gives it back`, () => {
    define(forThisHost(xml, name));
    try {
      assert.equal(liveDomainFacts(virsh('dumpxml', '--inactive', name)).name, name);
    } finally {
      virsh('undefine', '--nvram', name);
    }
  });
}
