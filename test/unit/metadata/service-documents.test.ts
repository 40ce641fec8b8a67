import assert from 'node:assert/strict';
import { test } from 'node:test';
import { documentsOnDemand, noCloudDocuments, serviceDocuments } from '../../../src/metadata/index.ts';
import { addressedInput, fullInput, nic, plainInput } from './sample.ts';

function text(documents: ReturnType<typeof serviceDocuments>, path: string): string {
  return Buffer.from(documents.get(path) ?? assert.fail(`no ${path}`)).toString();
}

test('the service tells all that a config drive has, byte for byte', () => {
  const documents = serviceDocuments(fullInput());
  const onDrive = documentsOnDemand(fullInput());
  for (const path of onDrive.keys()) assert.deepEqual(documents.get(path), onDrive.get(path), path);
});

test('every path that is listed is there, once, and no other', () => {
  const documents = serviceDocuments(fullInput());
  const paths = [...documents.keys()];
  assert.equal(new Set(paths).size, paths.length);
  for (const path of paths) assert.ok(documents.has(path) && documents.get(path) !== undefined, path);
  assert.equal(documents.get('nocloud'), undefined);
  assert.ok(!documents.has('nocloud/other'));
});

test("NoCloud's documents are those of its drive, in the version that is asked for", () => {
  for (const version of [1, 2] as const) {
    const documents = serviceDocuments(addressedInput(), version);
    for (const [name, bytes] of noCloudDocuments(addressedInput(), version)) {
      assert.deepEqual(Buffer.from(documents.get(`nocloud/${name}`) ?? []), Buffer.from(bytes), name);
    }
  }
});

test('where a NoCloud drive has no file, the service has an empty one: readers ask again and again for what is missing', () => {
  const documents = serviceDocuments(plainInput({ nics: [] }));
  for (const name of ['user-data', 'vendor-data', 'network-config'])
    assert.equal(text(documents, `nocloud/${name}`), '', name);
});

test('the cloud-config for the kernel says where the rest is', () => {
  const [form, body = ''] = text(serviceDocuments(plainInput()), 'nocloud/cloud-config').split('\n');
  assert.equal(form, '#cloud-config');
  assert.deepEqual(JSON.parse(body), {
    datasource_list: ['NoCloud', 'None'],
    datasource: { NoCloud: { seedfrom: 'http://169.254.169.254/nocloud/' } },
  });
});

test("EC2's newest version has the network cards, by MAC address and in order", () => {
  const metaData = JSON.parse(text(serviceDocuments(fullInput()), 'ec2/2021-03-23/meta-data.json'));
  assert.equal(metaData['instance-id'], 'i-0000002a');
  assert.equal(metaData.mac, 'fa:16:3e:00:00:01');
  assert.deepEqual(metaData.network.interfaces.macs, {
    'fa:16:3e:00:00:01': {
      'device-number': '0',
      'interface-id': 'eni-f216af48113345c29',
      mac: 'fa:16:3e:00:00:01',
      'local-ipv4s': ['192.0.2.10'],
      'subnet-ipv4-cidr-block': '192.0.2.0/24',
    },
    'fa:16:3e:00:00:02': {
      'device-number': '1',
      'interface-id': 'eni-a0b1c2d3113345c29',
      mac: 'fa:16:3e:00:00:02',
    },
  });
});

test('a card with several IPv4 addresses has them in order, and none of IPv6 among them', () => {
  const fixedIps = [
    { address: '2001:db8::10', prefix: 64 },
    { address: '192.0.2.130', prefix: 25 },
    { address: '192.0.2.131', prefix: 25 },
  ];
  const input = plainInput({ nics: [nic([{ kind: 'dhcp', version: 4 }], { fixedIps })] });
  const metaData = JSON.parse(text(serviceDocuments(input), 'ec2/2021-03-23/meta-data.json'));
  const [card] = Object.values(metaData.network.interfaces.macs);
  assert.partialDeepStrictEqual(card, {
    'local-ipv4s': ['192.0.2.130', '192.0.2.131'],
    'subnet-ipv4-cidr-block': '192.0.2.128/25',
  });
});

test('the identity document names the same instance as the metadata', () => {
  const dynamic = JSON.parse(text(serviceDocuments(fullInput()), 'ec2/2021-03-23/dynamic.json'));
  assert.partialDeepStrictEqual(JSON.parse(dynamic['instance-identity'].document), {
    instanceId: 'i-0000002a',
    privateIp: '192.0.2.10',
    availabilityZone: 'rack-1',
    region: 'rack-1',
    instanceType: 'm1.small',
  });
});
