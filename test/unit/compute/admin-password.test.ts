import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault, Secret } from '../../../src/base/index.ts';
import { checkCarried, metaOf, plainPassword } from '../../../src/compute/admin-password.ts';
import { metadataInputOf } from '../../../src/compute/guest-documents.ts';
import { noGuestInput } from '../../../src/compute/guest-input.ts';
import { metadataDocuments } from '../../../src/metadata/index.ts';
import type { Disk } from '../../../src/model/index.ts';
import { anInstance } from '../store/an-instance.ts';

const adminPassword = new Secret('opensesame');
const LINUX = { properties: {} };
const WINDOWS = { properties: { os_type: 'windows' } };

test('a password goes on the drive in clear for Windows, and for others when that is asked for', () => {
  assert.equal(plainPassword({ adminPassword }, LINUX), undefined);
  assert.equal(plainPassword({ adminPassword }, WINDOWS), adminPassword);
  assert.equal(plainPassword({ adminPassword, plainAdminPassword: true }, LINUX), adminPassword);
  assert.equal(plainPassword({ plainAdminPassword: false }, WINDOWS), undefined);
  assert.throws(
    () => plainPassword({ adminPassword, plainAdminPassword: false }, WINDOWS),
    (error) => isFault(error, 'ADMIN_PASSWORD_NOT_CARRIED'),
  );
  assert.equal(plainPassword({}, WINDOWS), undefined);
});

test('admin_pass without a password is a mistake', () => {
  assert.throws(
    () => plainPassword({ plainAdminPassword: true }, WINDOWS),
    (error) => isFault(error, 'ADMIN_PASSWORD_MISSING'),
  );
});

function drive(datasource?: 'config-drive' | 'nocloud'): Disk {
  return {
    role: 'config',
    fileName: 'disk.config',
    format: 'raw',
    device: 'cdrom',
    bus: 'sata',
    target: 'sda',
    sizeBytes: 1,
    ...(datasource === undefined ? {} : { datasource }),
  };
}

test('a password that no config drive would carry is refused before anything is made', () => {
  const { disks } = anInstance();
  for (const carrying of [drive(), drive('config-drive')]) {
    checkCarried(adminPassword, anInstance({ disks: [...disks, carrying] }));
  }
  for (const others of [disks, [...disks, drive('nocloud')]]) {
    assert.throws(
      () => checkCarried(adminPassword, anInstance({ disks: others })),
      (error) => isFault(error, 'ADMIN_PASSWORD_NOT_CARRIED'),
    );
    checkCarried(undefined, anInstance({ disks: others }));
  }
});

function windows(properties: Record<string, string> = {}, metadata: Record<string, string> = {}) {
  const image = { id: 'i', name: 'win', properties: { os_type: 'windows', ...properties } };
  return anInstance({ image, metadata });
}

test('Windows is told who its administrator is, and the owner may say otherwise', () => {
  assert.deepEqual(metaOf(windows()), { admin_username: 'Administrator', admin_user: 'Administrator' });
  assert.equal(metaOf(windows({ os_admin_user: 'Chef' }))['admin_username'], 'Chef');
  assert.equal(metaOf(windows({}, { admin_username: 'me' }))['admin_username'], 'me');
  assert.deepEqual(metaOf(anInstance({ metadata: { role: 'web' } })), { role: 'web' });
});

test('meta_data.json of Windows has what cloudbase-init reads: the user, and the password where a drive is made', () => {
  const job = {
    settings: { dhcpDomain: 'novalocal', flatInjected: false },
    instance: windows(),
    input: noGuestInput(),
  };
  const read = (more: object) => {
    const documents = metadataDocuments(metadataInputOf({ ...job, ...more }));
    return JSON.parse(Buffer.from(documents.get('openstack/latest/meta_data.json') ?? '').toString());
  };
  const onDrive = read({ adminPassword });
  assert.deepEqual([onDrive.meta.admin_username, onDrive.admin_pass], ['Administrator', 'opensesame']);
  assert.equal('admin_pass' in read({}), false);
});
