// What a guest would read, as a person sees it: from records alone, with no guest and no service.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { UserData } from '../../../src/model/index.ts';
import { openStore } from '../../../src/store/index.ts';
import { ED25519_KEY } from '../../unit/metadata/sample.ts';
import { anInstance } from '../../unit/store/an-instance.ts';
import { World } from '../support/world.ts';

const BOUND = { timeout: 120_000 };
const USER_DATA = '#cloud-config\nruncmd: [echo a-secret]\n';
const VENDOR = '#cloud-config\n{"chpasswd":{"users":[{"password":"$6$hash"}]}}\n';
let world: World;

before(async () => {
  world = await World.make();
  await world.compute();
  await world.closeCompute();
  using store = openStore(join(world.stateDir, 'state', 'novalet.db'));
  const instance = anInstance({
    name: 'web',
    vmState: 'active',
    metadata: { role: 'web', admin_pass: 'meta-pw' },
  });
  store.transaction(() => {
    store.instances.insert(instance);
    store.guestInputs.insert(instance.id, {
      keys: [{ name: 'laptop', publicKey: ED25519_KEY }],
      userData: new UserData(Buffer.from(USER_DATA)),
      vendorConfig: new UserData(Buffer.from(VENDOR)),
      files: [],
      randomSeed: new Uint8Array(512).fill(7),
    });
    store.postedPasswords.keep(instance.id, 'cG9zdGVk');
  });
}, BOUND);
after(() => world[Symbol.asyncDispose](), BOUND);

async function metadata(...words: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await world.novalet(['metadata', 'web', ...words]);
  assert.equal(status, 0, stderr);
  return stdout;
}

test('without a path it lists every document with its size, for people and for programs', BOUND, async () => {
  const table = await metadata();
  assert.match(table, /^PATH +SIZE$/m);
  const { instance, documents } = JSON.parse(await metadata('-o', 'json'));
  assert.equal(instance, 'web');
  const sizes = new Map<string, number>(
    documents.map(({ path, size_bytes: size }: { path: string; size_bytes: number }) => [path, size]),
  );
  assert.equal(sizes.get('openstack/latest/user_data'), USER_DATA.length);
  for (const path of [
    'openstack/2012-08-10/meta_data.json',
    'ec2/latest/meta-data.json',
    'nocloud/network-config',
  ]) {
    assert.ok((sizes.get(path) ?? 0) > 0, path);
  }
  assert.equal(sizes.get('openstack/latest/password'), 8);
});

test('a document is shown with its secrets masked', BOUND, async () => {
  const document = JSON.parse(await metadata('openstack/latest/meta_data.json'));
  assert.equal(document.random_seed, '[secret]');
  assert.deepEqual(document.meta, { admin_pass: '[secret]', role: 'web' });
  assert.equal(document.public_keys.laptop, ED25519_KEY);
  const hidden = [
    'openstack/latest/user_data',
    'nocloud/user-data',
    'nocloud/vendor-data',
    'latest/user-data',
  ];
  for (const path of hidden) assert.equal(await metadata(path), '[secret]', path);
  assert.deepEqual(JSON.parse(await metadata('openstack/latest/vendor_data.json')), {
    'cloud-init': '[secret]',
  });
});

test('with --reveal it is what the guest gets, byte for byte', BOUND, async () => {
  assert.equal(await metadata('openstack/latest/user_data', '--reveal'), USER_DATA);
  assert.equal(await metadata('nocloud/vendor-data', '--reveal'), VENDOR);
  const document = JSON.parse(await metadata('openstack/latest/meta_data.json', '--reveal'));
  assert.equal(document.random_seed, Buffer.alloc(512, 7).toString('base64'));
  const { text, size_bytes: size } = JSON.parse(await metadata('latest/user-data', '--reveal', '-o', 'json'));
  assert.deepEqual([text, size], [USER_DATA, USER_DATA.length]);
});

test("EC2's tree is walked as a guest walks it, with and without slashes around", BOUND, async () => {
  const top = (await metadata('latest/meta-data/')).split('\n');
  assert.ok(top.includes('instance-id') && top.includes('public-keys/'), top.join());
  assert.equal(await metadata('/latest/meta-data/public-keys/0/openssh-key'), ED25519_KEY);
  assert.match(await metadata('openstack'), /^2012-08-10\n/);
  assert.match(await metadata('/2009-04-04/meta-data/instance-id'), /^i-0000000\d$/);
});

test('what the guest posted stands where it would read it', BOUND, async () => {
  assert.equal(await metadata('openstack/2013-04-04/password'), 'cG9zdGVk');
});

test('a path at which a guest finds nothing is told as such, whatever is in it', BOUND, async () => {
  for (const path of ['openstack/latest/nothing', '../../etc/passwd', 'latest/meta-data/x', '%00', ' ']) {
    const { status, stderr } = await world.novalet(['metadata', 'web', path]);
    assert.equal(status, 3, stderr);
    assert.match(stderr, /METADATA_PATH_UNKNOWN/);
  }
});
