// What stands only in the service: NoCloud's documents, and EC2's newer versions.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceDocuments } from '../../../src/metadata/index.ts';
import { fullInput, plainInput } from '../metadata/sample.ts';
import { answerTo, FULL, read } from './asking.ts';

const { adminPassword: _inClear, ...withoutPassword } = fullInput();
const documents = serviceDocuments(withoutPassword);

test("NoCloud's documents stand side by side, each as it is", () => {
  assert.equal(
    read('/nocloud/', { documents }),
    'cloud-config\nmeta-data\nnetwork-config\nuser-data\nvendor-data',
  );
  assert.match(read('/nocloud/meta-data', { documents }), /"local-hostname":"web-server\.novalocal"/);
  assert.equal(read('/nocloud/user-data', { documents }), '#cloud-config\nhostname: given\n');
  assert.match(read('/nocloud/network-config', { documents }), /"version":2/);
  assert.match(read('/nocloud/cloud-config', { documents }), /^#cloud-config\n/);
  assert.equal(answerTo('/nocloud/user-data', { documents }).type, 'application/octet-stream');
  assert.equal(answerTo('/nocloud/meta-data', { documents }).type, 'text/yaml; charset=utf-8');
});

test('what NoCloud does not have is 404, and nothing but reading is allowed', () => {
  for (const path of ['/nocloud/other', '/nocloud/meta-data/more', '/nocloud/openstack', '/ec2/nocloud'])
    assert.equal(answerTo(path, { documents }).status, 404, path);
  assert.equal(answerTo('/nocloud/', { documents: FULL }).status, 404);
  assert.equal(answerTo('/nocloud/user-data', { documents, method: 'PUT' }).status, 405);
  const headers = { 'x-aws-ec2-metadata-token': 'guessed' };
  assert.equal(answerTo('/nocloud/user-data', { documents, headers }).status, 401);
});

test('instances without vendor data are told so at once', () => {
  const plain = serviceDocuments(plainInput());
  assert.equal(read('/nocloud/vendor-data', { documents: plain }), '');
  assert.equal(read('/nocloud/user-data', { documents: plain }), '');
});

test('the versions of EC2 that cloud-init asks for come after Nova’s, and latest is the last of them', () => {
  const versions = read('/', { documents }).split('\n');
  assert.deepEqual(versions.slice(-5), ['2009-04-04', '2016-09-02', '2018-09-24', '2021-03-23', 'latest']);
  assert.equal(read('/latest', { documents }), 'dynamic/\nmeta-data/\nuser-data');
  assert.equal(read('/2009-04-04', { documents }), 'meta-data/\nuser-data');
  assert.ok(!read('/2009-04-04/meta-data', { documents }).includes('network'));
  assert.equal(answerTo('/2009-04-04/dynamic', { documents }).status, 404);
});

test('each newer version has the network cards as a tree, and the identity document as JSON', () => {
  for (const version of ['2016-09-02', '2018-09-24', '2021-03-23', 'latest']) {
    assert.equal(read(`/${version}/meta-data/instance-id`, { documents }), 'i-0000002a');
    const macs = `/${version}/meta-data/network/interfaces/macs/`;
    assert.equal(read(macs, { documents }), 'fa:16:3e:00:00:01/\nfa:16:3e:00:00:02/');
    assert.equal(read(`${macs}fa%3A16:3e:00:00:01/local-ipv4s`, { documents }), '192.0.2.10');
    assert.equal(read(`/${version}/dynamic/instance-identity/`, { documents }), 'document');
    const document = read(`/${version}/dynamic/instance-identity/document`, { documents });
    assert.equal(JSON.parse(document).instanceId, 'i-0000002a');
    assert.equal(read(`/${version}/meta-data/public-keys/`, { documents }), '0=laptop\n1=desk');
    assert.equal(read(`/${version}/user-data`, { documents }), '#cloud-config\nhostname: given\n');
  }
});
