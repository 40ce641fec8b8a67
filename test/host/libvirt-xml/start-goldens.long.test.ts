// Golden combinations that this host can run, under TCG: defined in libvirt, started paused, ended. QEMU has then made every
// device of them. What a host must have differs: its cells, bridge, disks and kernel come in place of the described ones.
// Long runs only: all of them take some minutes.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { copyFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import { render } from '../../../src/compute/render.ts';
import { goldenCases } from '../../golden/cases.ts';
import { ownPrefix } from '../support/own-prefix.ts';
import { define, isForThisHost, virsh } from './libvirt-judge.ts';

const KERNEL = join(process.env['NOVALET_TEST_CACHE'] ?? '/var/cache/novalet-test', 'minimal', 'kernel');
const { directory: folder, prefix: bridge } = await ownPrefix();

/** What this host has not, by what asks for it. */
const CANNOT: readonly (readonly [string, RegExp])[] = [
  ['traffic shaping, without sfq', /<bandwidth>/],
  ['fifo scheduling', /<vcpusched /],
  ['huge pages', /<hugepages>/],
  ['locking all memory, which takes it at once', /<locked\/>/],
  ['a TPM, without swtpm', /<tpm /],
  ['passing a CPU through, without KVM', /mode="host-passthrough"/],
  ['Hyper-V clocks, without KVM', /<hyperv/],
  ['firmware that keeps no variables', /firmware="efi"/],
  ['a card that PCI has not', /lan9118/],
  ['a card of QEMU 8', /<model type="igb"/],
  ["Intel's IOMMU with all that Nova asks of it, without KVM", /<iommu model="intel">/],
  [
    'what libvirt refuses and schema.test.ts lists: rings of an e1000',
    /<model type="e1000"\/>\s*<driver packed="on"/,
  ],
  ['the same: attributes of virtio-iommu', /<iommu model="virtio">/],
  ['the same: SPICE without SPICE', /spicevmc/],
  [
    'the same: fdc and virtio for what cannot be there',
    /device="disk">(?:(?!<\/disk>)[\s\S])*bus="fdc"|device="cdrom">(?:(?!<\/disk>)[\s\S])*bus="virtio"/,
  ],
];

before(() => {
  execFileSync('ip', ['link', 'add', bridge, 'type', 'bridge']);
});

after(() => {
  execFileSync('ip', ['link', 'del', bridge]);
  rmSync(folder, { recursive: true });
});

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** Null for what this host has no room for. */
function forThisHost(input: unknown, name: string): string | null {
  const given = record(input);
  const host = record(given['host']);
  const ports = Array.isArray(given['ports']) ? given['ports'] : [];
  try {
    return render({
      ...given,
      instance: { ...record(given['instance']), uuid: randomUUID(), name },
      host: { ...host, virt_type: 'qemu', instances_path: folder, numa_cells: [] },
      ports: ports.map((port, index) => ({ ...record(port), bridge, devname: `${bridge}-${index}` })),
    });
  } catch (error) {
    if (isFault(error)) return null;
    throw error;
  }
}

/** Empty disks in the form that the domain says, and a kernel for both the kernel and its ramdisk. */
function makeFiles(xml: string): void {
  const disks = xml.matchAll(/<driver name="qemu" type="(\w+)"[^>]*>\s*<source file="([^"]+)"/g);
  for (const [, format = '', file = ''] of disks) {
    execFileSync('mkdir', ['-p', join(file, '..')]);
    if (format === 'raw') {
      writeFileSync(file, '');
      truncateSync(file, 1024 ** 2);
    } else execFileSync('qemu-img', ['create', '-q', '-f', format, file, '1M']);
  }
  for (const [, file = ''] of xml.matchAll(/<(?:kernel|initrd)>([^<]+)</g)) copyFileSync(KERNEL, file);
}

function why(xml: string): string | null {
  if (!isForThisHost(xml)) return 'another architecture';
  return CANNOT.find(([, sign]) => sign.test(xml))?.[0] ?? null;
}

const startable = goldenCases().flatMap(({ name, input }, index) => {
  const xml = forThisHost(input, `${bridge}-${index}`); // a socket's path is short
  return xml === null || why(xml) !== null ? [] : [{ name, xml }];
});

test('at least forty combinations can be started here', () => {
  assert.ok(startable.length >= 40, `${startable.length}`);
});

for (const { name, xml } of startable) {
  test(`${name} starts under TCG`, () => {
    const domain = /<name>([^<]+)</.exec(xml)?.[1] ?? assert.fail('it has no name');
    makeFiles(xml);
    define(xml);
    try {
      virsh('start', '--paused', domain);
      assert.equal(virsh('domstate', domain).trim(), 'paused');
      virsh('destroy', domain);
    } finally {
      virsh('undefine', '--nvram', domain);
    }
  });
}
