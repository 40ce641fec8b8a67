import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault, Secret } from '../../../src/base/index.ts';
import {
  documentsOnDemand,
  type MetadataInput,
  metadataDocuments,
  parsePublicKey,
  UserData,
} from '../../../src/metadata/index.ts';
import { disk, ED25519_KEY, fullInput, PASSWORD, plainInput } from './sample.ts';

function json(input: MetadataInput, path: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(metadataDocuments(input).get(path) ?? []).toString());
}

const NEWEST = 'openstack/latest/meta_data.json';

test('each version has the documents of its time', () => {
  const paths = [...metadataDocuments(fullInput()).keys()];
  const of = (version: string) =>
    paths
      .filter((path) => path.startsWith(`openstack/${version}/`))
      .map((path) => path.split('/')[2])
      .sort();
  assert.deepEqual(of('2012-08-10'), ['meta_data.json', 'user_data']);
  assert.deepEqual(of('2013-10-17'), ['meta_data.json', 'user_data', 'vendor_data.json']);
  assert.deepEqual(of('2016-06-30'), [
    'meta_data.json',
    'network_data.json',
    'user_data',
    'vendor_data.json',
  ]);
  const all = ['meta_data.json', 'network_data.json', 'user_data', 'vendor_data.json', 'vendor_data2.json'];
  assert.deepEqual(of('2016-10-06'), all);
  assert.deepEqual(of('latest'), all);
  assert.deepEqual(
    paths.filter((path) => path.startsWith('ec2/')),
    [
      'ec2/2009-04-04/meta-data.json',
      'ec2/2009-04-04/user-data',
      'ec2/latest/meta-data.json',
      'ec2/latest/user-data',
    ],
  );
});

test('documents on demand are the same, whole and by their paths', () => {
  const [all, onDemand] = [metadataDocuments(fullInput()), documentsOnDemand(fullInput())];
  assert.deepEqual([...onDemand.keys()], [...all.keys()]);
  for (const [path, bytes] of all) assert.deepEqual(onDemand.get(path), bytes);
  assert.deepEqual([onDemand.has('ec2/latest/meta-data.json'), onDemand.has('ec2')], [true, false]);
  assert.equal(onDemand.get('nothing'), undefined);
});

test('each version has the keys of its time', () => {
  const keys = (version: string) => Object.keys(json(plainInput(), `openstack/${version}/meta_data.json`));
  const oldest = ['uuid', 'hostname', 'name', 'launch_index', 'availability_zone'];
  assert.deepEqual(keys('2012-08-10'), oldest);
  assert.deepEqual(keys('2013-04-04'), [...oldest, 'random_seed']);
  assert.deepEqual(keys('2015-10-15'), [...oldest, 'random_seed', 'project_id']);
  assert.deepEqual(keys('2016-06-30'), [...oldest, 'random_seed', 'project_id', 'devices']);
  assert.deepEqual(keys('2020-10-14'), [...oldest, 'random_seed', 'project_id', 'devices', 'dedicated_cpus']);
});

test('latest is the newest version, byte for byte', () => {
  const documents = metadataDocuments(fullInput());
  for (const [path, bytes] of documents) {
    if (!path.startsWith('openstack/latest/')) continue;
    assert.deepEqual(documents.get(path.replace('latest', '2020-10-14')), bytes);
  }
});

test('a NIC shows its VLAN and its trust only to versions that know them', () => {
  const devices = (version: string) => json(fullInput(), `openstack/${version}/meta_data.json`)['devices'];
  const place = {
    type: 'nic',
    mac: 'fa:16:3e:00:00:01',
    bus: 'pci',
    address: '0000:00:02.0',
    tags: ['front'],
  };
  const data = { type: 'disk', bus: 'pci', address: '0000:00:04.0', tags: ['data'], serial: 'disk-vdb' };
  assert.deepEqual(devices('2016-06-30'), [place, data]);
  assert.deepEqual(devices('2017-02-22'), [{ ...place, vlan: 7 }, data]);
  assert.deepEqual(devices('2018-08-27'), [
    { ...place, vlan: 7, vf_trusted: false },
    { type: 'nic', mac: 'fa:16:3e:00:00:02', bus: 'pci', address: '0000:00:03.0', vf_trusted: false },
    data,
  ]);
});

test('without password, user data, keys and metadata there is no trace of them', () => {
  const documents = metadataDocuments(plainInput());
  assert.ok(![...documents.keys()].some((path) => /user.data/.test(path)));
  const keys = Object.keys(json(plainInput(), NEWEST));
  for (const key of ['admin_pass', 'public_keys', 'keys', 'meta', 'files'])
    assert.ok(!keys.includes(key), key);
});

test('the password stands as it was given, in every version', () => {
  const adminPassword = new Secret('q"\\u00e9\n😀');
  for (const version of ['2012-08-10', 'latest']) {
    const document = json(plainInput({ adminPassword }), `openstack/${version}/meta_data.json`);
    assert.equal(document['admin_pass'], adminPassword.reveal());
  }
});

test('keys are listed by name and as a list', () => {
  const input = plainInput({ keys: [parsePublicKey('laptop', ED25519_KEY)] });
  assert.partialDeepStrictEqual(json(input, NEWEST), {
    public_keys: { laptop: ED25519_KEY },
    keys: [{ name: 'laptop', type: 'ssh', data: ED25519_KEY }],
  });
  assert.deepEqual(json(input, 'ec2/latest/meta-data.json')['public-keys'], {
    0: { 'openssh-key': ED25519_KEY },
  });
});

test('two keys of one name are refused', () => {
  const key = parsePublicKey('laptop', ED25519_KEY);
  assert.throws(
    () => metadataDocuments(plainInput({ keys: [key, key] })),
    (error) => isFault(error, 'SSH_KEY_NAME_TWICE'),
  );
});

test('the host name has the domain, unless there is none', () => {
  assert.equal(json(plainInput(), NEWEST)['hostname'], 'web-server.novalocal');
  assert.equal(json(plainInput({ dhcpDomain: '' }), NEWEST)['hostname'], 'web-server');
});

test('EC2 metadata names the disks, the address and the flavor', () => {
  const disks = [
    disk('root', 'vda'),
    disk('ephemeral', 'vdb'),
    disk('ephemeral', 'vdc'),
    disk('swap', 'vdd'),
  ];
  assert.partialDeepStrictEqual(json(plainInput({ disks }), 'ec2/2009-04-04/meta-data.json'), {
    'instance-id': 'i-0000002a',
    'local-ipv4': '192.0.2.10',
    'instance-type': 'm1.small',
    'block-device-mapping': {
      ami: 'vda',
      root: '/dev/vda',
      ephemeral0: '/dev/vdb',
      ephemeral1: '/dev/vdc',
      swap: '/dev/vdd',
    },
  });
});

test('injected files stand below content, and meta_data.json says where they belong', () => {
  const files = [
    { path: '/etc/a', content: Buffer.from('A') },
    { path: '/etc/b', content: Buffer.from('B') },
  ];
  const input = plainInput({ files });
  assert.deepEqual(json(input, NEWEST)['files'], [
    { path: '/etc/a', content_path: '/content/0000' },
    { path: '/etc/b', content_path: '/content/0001' },
  ]);
  assert.equal(String(metadataDocuments(input).get('openstack/content/0001')), 'B');
});

test('a seed of another length is refused', () => {
  assert.throws(
    () => metadataDocuments(plainInput({ randomSeed: new Uint8Array(16) })),
    (error) => isFault(error, 'RANDOM_SEED_INVALID'),
  );
});

test('the same input gives the same bytes, whatever the order of its metadata', () => {
  const one = metadataDocuments(plainInput({ meta: { a: '1', b: '2' } }));
  const other = metadataDocuments(plainInput({ meta: { b: '2', a: '1' } }));
  assert.deepEqual([...one], [...other]);
});

test('a person is shown the same documents, and no secret', () => {
  const userData = new UserData(Buffer.from('#!/bin/sh\necho hunter2\n'));
  const input = { ...fullInput(), userData };
  const shown = documentsOnDemand(input, 'person');
  assert.deepEqual([...shown.keys()], [...metadataDocuments(input).keys()]);
  const text = [...shown.keys()].map((path) => String(shown.get(path))).join('\n');
  assert.match(text, /"web-server\.novalocal"/);
  assert.match(text, /"admin_pass": ?"\[secret\]"/);
  for (const secret of [
    PASSWORD,
    'from meta',
    'hunter2',
    'hello',
    Buffer.from(input.randomSeed).toString('base64'),
  ]) {
    assert.ok(!text.includes(secret), secret);
  }
});
