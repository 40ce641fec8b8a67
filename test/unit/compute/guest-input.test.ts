import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '../../../src/base/index.ts';
import type { LaunchRequest } from '../../../src/compute/compute.ts';
import { draftFor, readGivenInput } from '../../../src/compute/guest-input.ts';
import type { Image } from '../../../src/model/index.ts';

const IMAGE: Image = {
  id: '00000000-0000-4000-8000-000000000001',
  name: 'debian',
  diskFormat: 'qcow2',
  minDiskGiB: 0,
  minRamMiB: 0,
  sizeBytes: 1,
  virtualSizeBytes: 1,
  sha256: '00',
  properties: {},
  createdAt: '2026-01-01T00:00:00.000Z',
};
const CONFIG = Buffer.from('#cloud-config\npackages: [git]\n');

function draft(request: Omit<LaunchRequest, 'image'>, properties: Record<string, string> = {}) {
  return draftFor(readGivenInput({ image: 'debian', ...request }), { ...IMAGE, properties });
}

function text(request: Omit<LaunchRequest, 'image'>, properties?: Record<string, string>): string {
  const data = draft(request, properties).userData?.data;
  return data === undefined ? '' : Buffer.from(data.reveal()).toString();
}

test('one user data without wishes goes to the guest byte for byte, and wishes alone are no MIME document', () => {
  assert.equal(text({}), '');
  assert.equal(text({ userData: CONFIG }), CONFIG.toString());
  assert.equal(text({ userData: CONFIG, guest: { hostname: 'web' } }), CONFIG.toString());
  assert.equal(text({ guest: { timezone: 'UTC' } }), '#cloud-config\ntimezone: UTC\n');
});

test('wishes come behind the user data, each part with a name of its own', () => {
  const both = text({ userData: [CONFIG, CONFIG], guest: { user: 'bob', timezone: 'UTC' } });
  const names = [...both.matchAll(/filename="([^"]+)"/g)].map(([, name]) => name);
  assert.deepEqual(names, [
    'part-001-user-data-1',
    'part-002-user-data-2',
    'part-003-options-of-the-launch',
    'part-004-options-of-the-launch',
  ]);
  assert.ok(both.indexOf('packages: [git]') < both.indexOf('timezone: UTC'));
});

test('a password with a user is that user’s, as a hash, and nowhere in clear', () => {
  const { userData, password, cloudConfig } = draft({
    guest: { user: 'bob' },
    adminPassword: new Secret('opensesame'),
  });
  const whole = Buffer.from(userData?.data.reveal() ?? []).toString();
  assert.equal(password?.user, 'bob');
  assert.ok(whole.includes(`hashed_passwd: "${password?.hash.reveal()}"`), whole);
  assert.match(password?.hash.reveal() ?? '', /^\$6\$/);
  assert.doesNotMatch(`${whole}${cloudConfig}`, /opensesame/);
  assert.doesNotMatch(cloudConfig ?? '', /\$6\$/);
});

test('without a user the password stays the administrator’s, and out of the user data', () => {
  const { userData, password } = draft({ adminPassword: new Secret('opensesame') });
  assert.equal(userData, undefined);
  assert.equal(password?.user, undefined);
});

test('the image says what may be wished for', () => {
  const windows = { os_type: 'windows' };
  assert.throws(() => draft({ guest: { locale: 'C' } }, windows), { code: 'GUEST_WISH_UNSUPPORTED' });
  assert.match(text({ guest: { user: 'bob' } }, windows), /groups:\n {6}- Administrators\n/);
  assert.doesNotMatch(text({ guest: { user: 'bob' } }, { os_distro: 'alpine' }), /bash/);
});

test('what is given and what is wished for have one limit together, which both are named for', () => {
  const half = { name: 'half.sh', bytes: Buffer.from(`#!/bin/sh\n${'#'.repeat(40_000)}`) };
  const run = ['x'.repeat(30_000)];
  assert.throws(() => draft({ userData: [half], guest: { run } }), {
    code: 'USER_DATA_TOO_LARGE',
    message: /half\.sh 40010, options of the launch 30\d{3}\)/,
  });
});

test('the hash of a password is for cloud-init; Windows, which takes none, gets none', () => {
  const adminPassword = new Secret('opensesame');
  assert.match(draft({ adminPassword }).password?.hash.reveal() ?? '', /^\$6\$/);
  assert.equal(draft({ adminPassword }, { os_type: 'windows' }).password, undefined);
});

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILWBOzKEvMosxZCcDR5MEafkVPshHFCLwc/9BDYrr9UT a@b';

test('what no document could hold is refused with the request, since a service would find it when the guest asks', () => {
  const two = [1, 2].map(() => ({ name: 'a@b', publicKey: KEY }));
  assert.throws(() => draft({ sshKeys: two }), { code: 'SSH_KEY_NAME_TWICE' });
  assert.throws(() => draft({ metadata: { rôle: 'web' } }), { code: 'META_KEY_INVALID' });
  assert.throws(() => draft({ metadata: { role: 'x'.repeat(256) } }), { code: 'META_VALUE_TOO_LONG' });
});
