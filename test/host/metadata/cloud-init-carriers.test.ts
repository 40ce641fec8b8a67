// Every carrier's documents, read as a guest's cloud-init reads them: drives by their files, the service over HTTP.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFault } from '../../../src/base/index.ts';
import {
  type MetadataInput,
  metadataDocuments,
  noCloudDocuments,
  serviceDocuments,
} from '../../../src/metadata/index.ts';
import { DEFAULT_METADATA_LIMITS, MetadataService } from '../../../src/metadata-service/index.ts';
import { writeConfigDrive } from '../../../src/storage/index.ts';
import {
  ECDSA_KEY,
  ED25519_KEY,
  fullInput,
  INTERFACES_TEMPLATE,
  plainInput,
} from '../../unit/metadata/sample.ts';
import { withScratch } from '../storage/scratch.ts';
import { EXTRACT, namesByMac, readByCloudInit, withoutCloudInit, writeTree } from './cloud-init.ts';

const skip = withoutCloudInit;
const VENDOR_CONFIG = '#cloud-config\nhostname: of the vendor\ntimezone: Europe/Berlin\n';
const input: MetadataInput = { ...fullInput(), vendorData: { 'cloud-init': VENDOR_CONFIG } };
const macs = namesByMac(input);

/** What cloud-init is to understand of the sample instance, piece by piece. */
const identity = {
  instanceId: '11111111-2222-3333-4444-555555555555',
  hostname: 'web-server',
  fqdn: 'web-server.novalocal',
  keys: [ED25519_KEY, ECDSA_KEY],
  zone: 'rack-1',
};
const userData = {
  userData: [{ type: 'text/cloud-config', name: 'part-001', content: '#cloud-config\nhostname: given\n' }],
};
const vendorData = {
  vendorData: [{ type: 'text/cloud-config', name: 'part-001', content: VENDOR_CONFIG }],
  vendorData2: [],
  config: { hostname: 'given', timezone: 'Europe/Berlin' },
};
const noVendorData = { vendorData: [], config: { hostname: 'given' } };
const files = { '/etc/motd': base64('hello\n') };
const network = {
  network: {
    interfaces: [
      {
        mac: 'fa:16:3e:00:00:01',
        kind: 'physical',
        mtu: 1450,
        dhcp4: false,
        dhcp6: false,
        addresses: ['192.0.2.10/24', '2001:db8::10/64'],
      },
      { mac: 'fa:16:3e:00:00:02', mtu: null, dhcp4: true, dhcp6: false, addresses: [] },
    ],
    dns: ['192.0.2.53', '192.0.2.54', '203.0.113.53'],
  },
};

/** `network` and `read` may say more than is expected here; everything else is to be just so. */
function assertUnderstood(
  result: unknown,
  expected: Readonly<Record<string, unknown>>,
  version?: string,
): void {
  const { network, read, ...exact } = expected;
  const partly = { ...('network' in expected ? { network } : {}), ...('read' in expected ? { read } : {}) };
  assert.partialDeepStrictEqual(result, partly, version);
  assert.ok(typeof result === 'object' && result !== null);
  const told = Object.entries(result).filter(([name]) => name in exact);
  assert.deepEqual(Object.fromEntries(told), exact, version);
}

function base64(text: Uint8Array | string): string {
  return Buffer.from(text).toString('base64');
}

test('cloud-init, read with here, writes nowhere but into the folder of a test', { skip }, async () => {
  await withScratch(async (scratch) => {
    const [inside, outside] = [join(scratch, 'mine', 'file'), join(scratch, 'file')];
    await readByCloudInit({ do: 'write', path: inside, scratch: join(scratch, 'mine') });
    await assert.rejects(
      readByCloudInit({ do: 'write', path: outside, scratch: join(scratch, 'mine') }),
      (error) => isFault(error, 'PROGRAM_FAILED'),
    );
    assert.deepEqual([existsSync(inside), existsSync(outside)], [true, false]);
  });
});

for (const format of ['iso9660', 'vfat'] as const) {
  test(`cloud-init understands a ${format} config drive`, { skip }, async () => {
    await withScratch(async (scratch) => {
      const drive = join(scratch, 'disk.config');
      await writeConfigDrive(drive, metadataDocuments(input), { format, label: 'config-2' });
      const tree = await EXTRACT[format](drive, join(scratch, 'tree'));
      const [read] = await readByCloudInit({ do: 'config-drive', tree, scratch, macs });
      assertUnderstood(read, { ...identity, ...userData, ...vendorData, files, ...network });
    });
  });

  test(`cloud-init understands a ${format} NoCloud drive, with either network-config`, { skip }, async () => {
    await withScratch(async (scratch) => {
      for (const version of [1, 2] as const) {
        const drive = join(scratch, 'disk.config');
        await writeConfigDrive(drive, noCloudDocuments(input, version), { format, label: 'cidata' });
        const tree = await EXTRACT[format](drive, join(scratch, `tree${version}`));
        const [read] = await readByCloudInit({ do: 'nocloud', tree, scratch: join(scratch, `${version}`) });
        assertUnderstood(read, { ...identity, ...userData, ...vendorData, ...network });
      }
    });
  });
}

/** All of EC2's tree, as cloud-init walks it: every key that Nova has there, and the cards, by which it gives them DHCP. */
const EC2_CRAWLED = {
  _metadata_api_version: '2021-03-23',
  'user-data': base64('#cloud-config\nhostname: given\n'),
  'meta-data': {
    'ami-id': 'ami-0e477186',
    'ami-launch-index': '1',
    'ami-manifest-path': 'FIXME',
    'block-device-mapping': { ami: 'vda', ephemeral0: '/dev/vdb', root: '/dev/vda', swap: '/dev/vdc' },
    hostname: 'web-server.novalocal',
    'instance-action': 'none',
    'instance-id': 'i-0000002a',
    'instance-type': 'm1.small',
    'kernel-id': 'aki-dafcd93d',
    'ramdisk-id': 'ari-47284450',
    'local-hostname': 'web-server.novalocal',
    'local-ipv4': '192.0.2.10',
    mac: 'fa:16:3e:00:00:01',
    network: {
      interfaces: {
        macs: {
          'fa:16:3e:00:00:01': {
            'device-number': '0',
            'interface-id': 'eni-f216af48113345c29',
            'local-ipv4s': '192.0.2.10',
            mac: 'fa:16:3e:00:00:01',
            'subnet-ipv4-cidr-block': '192.0.2.0/24',
          },
          'fa:16:3e:00:00:02': {
            'device-number': '1',
            'interface-id': 'eni-a0b1c2d3113345c29',
            mac: 'fa:16:3e:00:00:02',
          },
        },
      },
    },
    placement: { 'availability-zone': 'rack-1' },
    'public-hostname': 'web-server.novalocal',
    'public-ipv4': '',
    'public-keys': { laptop: ED25519_KEY, desk: ECDSA_KEY },
    'reservation-id': 'r-11111111',
    'security-groups': 'default',
  },
};

const seed = { random_seed: base64(input.randomSeed) };
const project = { project_id: 'fake' };
const VERSIONS = [
  ['2012-08-10', { ...noVendorData, network: null }, {}],
  ['2013-04-04', { ...noVendorData, network: null }, { ...seed }],
  ['2013-10-17', { ...vendorData, network: null }, { ...seed }],
  ['2015-10-15', { ...vendorData, ...network }, { ...seed, ...project }],
  ['2016-06-30', { ...vendorData, ...network }, { ...seed, ...project, devices: [{ tags: ['front'] }] }],
  ['2016-10-06', { ...vendorData, ...network }, { ...seed, ...project, devices: [{ tags: ['front'] }] }],
  ['2017-02-22', { ...vendorData, ...network }, { ...seed, ...project, devices: [{ vlan: 7 }] }],
  ['2018-08-27', { ...vendorData, ...network }, { ...seed, ...project, devices: [{ vf_trusted: false }] }],
  ['2020-10-14', { ...vendorData, ...network }, { ...seed, ...project, dedicated_cpus: [3, 10] }],
  ['latest', { ...vendorData, ...network }, { ...seed, ...project, dedicated_cpus: [3, 10] }],
] as const;

test('cloud-init understands every version of the config drive, each with what it has', {
  skip,
}, async () => {
  await withScratch(async (scratch) => {
    const tree = await writeTree(join(scratch, 'tree'), metadataDocuments(input));
    const jobs = VERSIONS.map(([version]) => ({ do: 'config-drive', tree, scratch, macs, version }));
    const results = await readByCloudInit(...jobs);
    for (const [at, [version, understood, metadata]] of VERSIONS.entries()) {
      const read = {
        version,
        metadata: { uuid: identity.instanceId, admin_pass: 'correct horse', ...metadata },
      };
      const expected = { ...identity, ...userData, ...understood, files, read };
      assertUnderstood(results[at], expected, version);
    }
  });
});

test('cloud-init takes a dated version by itself, and the EC2 part beside it', { skip }, async () => {
  await withScratch(async (scratch) => {
    const tree = await writeTree(join(scratch, 'tree'), metadataDocuments(input));
    const [read] = await readByCloudInit({ do: 'config-drive', tree, scratch, macs });
    assert.match(JSON.stringify(read), /"version": ?"20\d\d-\d\d-\d\d"/);
    assertUnderstood(read, {
      read: {
        vendordata2: { static: { 'cloud-init': VENDOR_CONFIG } },
        'ec2-metadata': {
          'instance-id': 'i-0000002a',
          'public-keys': { 0: { 'openssh-key': ED25519_KEY }, 1: { 'openssh-key': ECDSA_KEY } },
          'block-device-mapping': { ami: 'vda', root: '/dev/vda', ephemeral0: '/dev/vdb', swap: '/dev/vdc' },
        },
      },
    });
  });
});

test('cloud-init reads the legacy network template where there is one, and goes by what is newer', {
  skip,
}, async () => {
  const legacy = { ...input, interfacesTemplate: INTERFACES_TEMPLATE };
  const documents = metadataDocuments(legacy);
  const template = Buffer.from(documents.get('openstack/content/0000') ?? []).toString();
  assert.match(template, /iface eth0 inet static/);
  await withScratch(async (scratch) => {
    const drive = await writeTree(join(scratch, 'config-2'), documents);
    const nocloud = await writeTree(join(scratch, 'cidata'), noCloudDocuments(legacy));
    const [onDrive, onNoCloud] = await readByCloudInit(
      { do: 'config-drive', tree: drive, scratch: join(scratch, '1'), macs },
      { do: 'nocloud', tree: nocloud, scratch: join(scratch, '2') },
    );
    assertUnderstood(onDrive, { ...identity, files, ...network, read: { network_config: template } });
    assertUnderstood(onNoCloud, { ...identity, ...network });
  });
});

test('cloud-init understands an instance without keys, user data, vendor data and NICs', {
  skip,
}, async () => {
  await withScratch(async (scratch) => {
    const least = plainInput({ nics: [] });
    const drive = await writeTree(join(scratch, 'config-2'), metadataDocuments(least));
    const nocloud = await writeTree(join(scratch, 'cidata'), noCloudDocuments(least));
    const results = await readByCloudInit(
      { do: 'config-drive', tree: drive, scratch: join(scratch, '1'), macs: {} },
      { do: 'nocloud', tree: nocloud, scratch: join(scratch, '2') },
    );
    const { instanceId, hostname, fqdn } = identity;
    for (const result of results) {
      assertUnderstood(result, {
        ...{ instanceId, hostname, fqdn, keys: [], zone: 'nova' },
        ...{ userData: [], vendorData: [], config: {}, files: {} },
      });
    }
  });
});

test('cloud-init understands the metadata service, as OpenStack, as NoCloud and as EC2, with and without tokens', {
  skip,
}, async () => {
  const { adminPassword: _inClear, ...served } = input;
  await using service = new MetadataService({
    listen: [{ host: '127.0.0.1', port: 0 }],
    identification: { kind: 'direct', whoAsks: () => 'the guest' },
    records: {
      documents: async () => serviceDocuments(served),
      project: async () => 'fake',
      password: async () => '',
      keepPassword: async () => false,
    },
    limits: { ...DEFAULT_METADATA_LIMITS, requestsPerSecond: 200 },
    log: { warn: () => undefined },
  });
  await service.listen();
  const url = `http://127.0.0.1:${service.addresses[0]?.port}`;
  await withScratch(async (scratch) => {
    const seed = `${url}/nocloud/`;
    const [openstack, byKernel, bySmbios, ec2, aws] = await readByCloudInit(
      { do: 'openstack-service', url, scratch: join(scratch, '1'), macs },
      { do: 'nocloud-service', url: seed, told: 'kernel', scratch: join(scratch, '4') },
      { do: 'nocloud-service', url: seed, told: 'smbios', scratch: join(scratch, '5') },
      { do: 'ec2-service', url, macs, scratch: join(scratch, '2') },
      { do: 'ec2-service', url, macs, scratch: join(scratch, '3'), with_token: true },
    );
    assertUnderstood(openstack, { ...identity, ...userData, ...vendorData, files, ...network });
    for (const told of [byKernel, bySmbios])
      assertUnderstood(told, { ...identity, ...userData, ...vendorData });
    const byDhcp = { interfaces: [{ dhcp4: true }, { dhcp4: true }] };
    const asEc2 = { ...identity, ...userData, instanceId: 'i-0000002a', network: byDhcp };
    assertUnderstood(ec2, {
      ...asEc2,
      token: null,
      crawled: EC2_CRAWLED,
    });
    assertUnderstood(aws, asEc2);
    assert.match(JSON.stringify(aws), /"token": ?"[^"]{16,}"/);
  });
});
