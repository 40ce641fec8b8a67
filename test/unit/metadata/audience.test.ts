import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '../../../src/base/index.ts';
import { type MetadataInput, serviceDocuments } from '../../../src/metadata/index.ts';
import { fullInput } from './sample.ts';

const HASH = '$6$salt$hash-of-the-password';

const input: MetadataInput = {
  ...fullInput(),
  meta: { role: 'web', admin_pass: 'in-clear-by-its-owner' },
  vendorData: { 'cloud-init': new Secret(`#cloud-config\n{"chpasswd":"${HASH}"}\n`) },
  files: [{ path: '/etc/token', content: Buffer.from('a token') }],
};

function all(audience: 'guest' | 'person'): Map<string, string> {
  const documents = serviceDocuments(input, 2, audience);
  return new Map(
    [...documents.keys()].map((path) => [path, Buffer.from(documents.get(path) ?? '').toString()]),
  );
}

test('a person sees the same documents as the guest, and none of their secrets', () => {
  const [guest, person] = [all('guest'), all('person')];
  assert.deepEqual([...person.keys()], [...guest.keys()]);
  const secrets = [
    HASH,
    'in-clear-by-its-owner',
    'a token',
    Buffer.from(input.randomSeed).toString('base64'),
    Buffer.from(input.userData?.reveal() ?? '').toString(),
    input.adminPassword?.reveal() ?? 'none',
  ];
  for (const secret of secrets) {
    const told = [...guest.values()].some(
      (text) => text.includes(secret) || text.includes(JSON.stringify(secret)),
    );
    assert.ok(told, `the guest gets ${secret.slice(0, 20)}`);
    const leaks = [...person].filter(([, text]) => text.includes(secret));
    assert.deepEqual(leaks, []);
  }
});

test('what is not secret is shown to both alike', () => {
  const [guest, person] = [all('guest'), all('person')];
  for (const path of [
    'openstack/latest/network_data.json',
    'ec2/latest/meta-data.json',
    'nocloud/network-config',
  ]) {
    assert.equal(person.get(path), guest.get(path), path);
  }
  const { meta, random_seed: seed } = JSON.parse(person.get('openstack/latest/meta_data.json') ?? '');
  assert.deepEqual(meta, { admin_pass: '[secret]', role: 'web' });
  assert.equal(seed, '[secret]');
  assert.equal(person.get('nocloud/user-data'), '[secret]');
  assert.equal(person.get('nocloud/vendor-data'), '[secret]');
});

test('vendor data that are secret reach the guest as they are', () => {
  const guest = all('guest');
  const vendor = `#cloud-config\n{"chpasswd":"${HASH}"}\n`;
  assert.equal(guest.get('nocloud/vendor-data'), vendor);
  assert.deepEqual(JSON.parse(guest.get('openstack/latest/vendor_data.json') ?? ''), {
    'cloud-init': vendor,
  });
});
