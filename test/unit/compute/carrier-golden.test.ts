// What in a launched domain leads its guest to the metadata service, kept as test/golden/carriers.txt; nothing else differs.
// NOVALET_WRITE_GOLDEN=1 writes it anew; what changed then shows in the diff.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { domainConfig } from '../../../src/compute/domain-config.ts';
import { type DomainInput, launchSettings } from '../../../src/compute/domain-input.ts';
import { serializeXml } from '../../../src/libvirt-xml/index.ts';
import type { Carrier } from '../../../src/model/index.ts';
import { anInstance } from '../store/an-instance.ts';

const FILE = fileURLToPath(new URL('../../golden/carriers.txt', import.meta.url));
const TOLD = /^ {2}<(sysinfo|os)[ >][\s\S]*?^ {2}<\/\1>$/gm;

const NONE: Carrier = { service: null, seedFrom: null, cloudConfigUrl: null, networkConfig: null };
const MAAS = 'http://192.0.2.1:5248/MAAS/metadata/latest/by-id/abc?op=get_preseed';
const CASES: readonly (readonly [name: string, carrier: Carrier | null, hasKernel: boolean])[] = [
  ['a drive', null, false],
  ['OpenStack', { ...NONE, service: 'openstack' }, false],
  ['EC2', { ...NONE, service: 'ec2' }, false],
  ['NoCloud, by SMBIOS', { ...NONE, service: 'nocloud-net', seedFrom: 'smbios' }, false],
  ['a drive, with a kernel', null, true],
  [
    "NoCloud, by the kernel's command line",
    {
      ...NONE,
      service: 'nocloud-net',
      seedFrom: 'kernel',
      networkConfig: 'H4sIAAAAAAACA6uu5QIA',
      cloudConfigUrl: MAAS,
    },
    true,
  ],
  ['a drive, and a cloud-config-url', { ...NONE, cloudConfigUrl: MAAS }, true],
];

function domain(carrier: Carrier | null, hasKernel: boolean): string {
  const { hardware, flavor, ports, disks } = anInstance();
  const input: DomainInput = {
    uuid:
      carrier?.service === 'ec2'
        ? 'ec211111-2222-4333-8444-555555555555'
        : '11111111-2222-4333-8444-555555555555',
    domainName: 'instance-00000007',
    displayName: 'calm-otter',
    createdAt: null,
    owner: null,
    rootImageId: null,
    flavor,
    imageProperties: hasKernel ? { os_command_line: 'root=/dev/vda1 ro' } : {},
    osType: null,
    hardware,
    numa: null,
    host: { arch: 'x86_64' },
    disks: disks.map((disk) => ({ ...disk, path: `/state/${disk.fileName}` })),
    ports,
    paths: {
      consoleLog: '/state/console.log',
      agentSocket: null,
      kernel: hasKernel ? '/state/kernel' : null,
      ramdisk: hasKernel ? '/state/ramdisk' : null,
    },
    carrier,
    settings: launchSettings(null, null),
  };
  return serializeXml(domainConfig(input));
}

test('what each carrier puts into the domain is golden', () => {
  const shown = CASES.map(([name, carrier, hasKernel]) => {
    const told = domain(carrier, hasKernel).match(TOLD) ?? assert.fail('nothing is told');
    return `== ${name}\n${told.join('\n')}\n`;
  });
  const text = shown.join('');
  if (process.env['NOVALET_WRITE_GOLDEN'] === '1') writeFileSync(FILE, text);
  assert.equal(text, readFileSync(FILE, 'utf8'));
});

test('beside that, and the id of a guest of EC2, the domain is that of a guest with a drive', () => {
  const rest = (xml: string) => xml.replace(TOLD, '').replaceAll('ec211111', '11111111');
  for (const [name, carrier, hasKernel] of CASES) {
    assert.equal(rest(domain(carrier, hasKernel)), rest(domain(null, hasKernel)), name);
  }
});
