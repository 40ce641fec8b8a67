// Whatever is wrong with a launch is said in one clear message with a code and a cure, has its documented exit status, and
// leaves nothing behind.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runProgram } from '../../../src/hostlink/index.ts';
import { World } from '../support/world.ts';

const world = await World.make();
after(() => world[Symbol.asyncDispose]());
let untouched: Awaited<ReturnType<World['snapshot']>>;
const file = (name: string) => join(world.stateDir, name);

before(async () => {
  await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', file('good.qcow2'), '2G']);
  await runProgram('qemu-img', [
    'create',
    '-q',
    '-f',
    'qcow2',
    '-b',
    file('good.qcow2'),
    '-F',
    'qcow2',
    file('backed.qcow2'),
  ]);
  await runProgram('qemu-img', [
    'create',
    '-q',
    '-f',
    'qcow2',
    '-o',
    `data_file=${file('data.raw')}`,
    file('data.qcow2'),
    '1G',
  ]);
  await writeFile(file('user-data'), 'x'.repeat(70_000));
  await writeFile(
    file('id'),
    '-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0LWtleQ==\n-----END OPENSSH PRIVATE KEY-----\n',
  );
  await writeFile(file('password'), 'very-secret-word\n');
  await writeFile(file('script'), '#!/bin/sh\necho very-secret-word\n');
  await writeFile(file('script.ps1'), '#ps1\nGet-Date\n');
  await writeFile(file('config'), '#cloud-config\npakages: [nginx]\n');
  const added = await world.novalet(['image', 'add', file('good.qcow2'), '--name', 'good']);
  assert.equal(added.status, 0, added.stderr);
  const flavor = ['flavor', 'create', 'huge', '--vcpus', '1', '--memory', '64000000', '--root', '20'];
  assert.equal((await world.novalet(flavor)).status, 0);
  // The network and the base are made by the first launch and stay.
  assert.equal(
    (await world.novalet(['launch', 'good', '--name', 'taken', '--flavor', 'm1.small'])).status,
    0,
  );
  untouched = await world.snapshot();
});

const launch = ['launch', 'good', '--flavor', 'm1.small'];
const cases: readonly (readonly [string, readonly string[], number, string])[] = [
  ['an unknown image', ['launch', 'nosuch'], 3, 'IMAGE_NOT_FOUND'],
  ['an unknown flavor', ['launch', 'good', '--flavor', 'nosuch'], 3, 'FLAVOR_NOT_FOUND'],
  ['an unknown network', [...launch, '--network', 'nosuch'], 3, 'NETWORK_NOT_FOUND'],
  ['an unknown option', [...launch, '--colour', 'red'], 2, 'USAGE'],
  ['a name twice', [...launch, '--name', 'taken'], 4, 'INSTANCE_NAME_TAKEN'],
  ['a name that is none', [...launch, '--name', '../etc'], 2, 'INSTANCE_NAME_INVALID'],
  [
    'a disk smaller than the image',
    ['launch', 'good', '--flavor', 'm1.tiny'],
    2,
    'FLAVOR_DISK_SMALLER_THAN_IMAGE',
  ],
  ['more memory than the host has', ['launch', 'good', '--flavor', 'huge'], 6, 'HOST_MEMORY_TOO_SMALL'],
  ['user data that is too large', [...launch, '--user-data', file('user-data')], 2, 'USER_DATA_TOO_LARGE'],
  ['user data with a misspelt key', [...launch, '--user-data', file('config')], 2, 'USER_DATA_KEY_UNKNOWN'],
  [
    'user data for Windows in another image',
    [...launch, '--user-data', file('script'), '--user-data', file('script.ps1')],
    2,
    'USER_DATA_WRONG_SYSTEM',
  ],
  ['a private key', [...launch, '--ssh-key', file('id')], 2, 'SSH_KEY'],
  ['a file that is not there', [...launch, '--user-data', file('nosuch')], 3, 'FILE_NOT_FOUND'],
  [
    'an unknown extra spec',
    ['flavor', 'create', 'f', '--vcpus', '1', '--memory', '64', '--property', 'hw:cpu_polcy=x'],
    2,
    'EXTRA_SPEC_UNKNOWN',
  ],
  ['an image with a backing file', ['image', 'add', file('backed.qcow2')], 5, 'IMAGE_HAS_BACKING_FILE'],
  ['an image with a data file', ['image', 'add', file('data.qcow2')], 5, 'IMAGE_HAS_DATA_FILE'],
  ['an image that is not there', ['image', 'add', file('nosuch.qcow2')], 3, 'FILE_MISSING'],
  [
    'a wrong checksum',
    ['image', 'add', file('good.qcow2'), '--name', 'x', '--checksum', `sha256:${'0'.repeat(64)}`],
    10,
    'CHECKSUM_MISMATCH',
  ],
  ['a state in which the action makes no sense', ['start', 'taken'], 4, 'INSTANCE_STATE_CONFLICT'],
  ['an instance that is not there', ['show', 'nosuch'], 3, 'INSTANCE_NOT_FOUND'],
  ['a status that is no status', ['wait', 'taken', 'agent', '--timeout', 'soon'], 2, 'OPTION_INVALID'],
  ['an agent that is not there', ['exec', 'taken', '--', 'true'], 125, 'AGENT_NOT_RUNNING'],
  [
    'libvirt that is not there',
    ['--connect', 'qemu:///system?socket=/nonexistent', 'list'],
    9,
    'LIBVIRT_UNREACHABLE',
  ],
  ['a URI that is none', ['--connect', 'nosuch:///x', 'list'], 2, 'LIBVIRT_URI_INVALID'],
];

for (const [what, args, status, code] of cases) {
  test(`${what} is refused with ${code} and leaves nothing`, async () => {
    const result = await world.novalet(args);
    assert.match(result.stderr, new RegExp(code));
    assert.equal(result.status, status, result.stderr);
    assert.equal(result.stdout, '');
    assert.deepEqual(await world.snapshot(), untouched);
  });
}

test('no secret is in an error, a plan or a log', async () => {
  const secrets = ['--password-file', file('password'), '--user-data', file('script')];
  const failed = await world.novalet(['launch', 'nosuch', ...secrets, '--debug', '-o', 'json']);
  const planned = await world.novalet([...launch, ...secrets, '--dry-run', '-o', 'json']);
  assert.equal(planned.status, 0, planned.stderr);
  const shown = [failed.stdout, failed.stderr, planned.stdout, planned.stderr].join('\n');
  assert.doesNotMatch(shown, /very-secret-word/);
});

test('a full disk is said to be full, and nothing of the launch stays', async () => {
  const small = file('small');
  await mkdir(small);
  await runProgram('mount', ['-t', 'tmpfs', '-o', 'size=3m,mode=711', 'tmpfs', small]);
  try {
    await using crowded = await World.make('', small);
    await writeFile(file('fat.raw'), Buffer.alloc(8 * 1024 ** 2, 1));
    const added = await crowded.novalet(['image', 'add', file('fat.raw')]);
    assert.equal(added.status, 6, added.stderr);
    assert.match(added.stderr, /DISK_SPACE_EXHAUSTED/);
    const listed = await crowded.novalet(['image', 'list', '-o', 'json']);
    assert.deepEqual(JSON.parse(listed.stdout), []);
  } finally {
    await runProgram('umount', [small]);
  }
});
