// What a guest shall be like, as `launch --dry-run` shows it. No guest is started here; what one makes of it is shown by the
// carriers' test and by cloud-init's own modules.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runProgram } from '../../../src/hostlink/index.ts';
import { World } from '../support/world.ts';

const BOUND = { timeout: 120_000 };
const world = await World.make();
after(() => world[Symbol.asyncDispose]());
const token = join(world.stateDir, 'token');
const password = join(world.stateDir, 'password');

before(async () => {
  const compute = await world.compute();
  const source = join(world.stateDir, 'disk.qcow2');
  await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', source, '1M']);
  await compute.images.add({ source, name: 'disk' });
  await compute.images.add({ source, name: 'windows', properties: { os_type: 'windows' } });
  await world.closeCompute();
  await writeFile(token, 'hush-token\n');
  await writeFile(password, 'opensesame\n', { mode: 0o600 });
}, BOUND);

const WISHES = [
  ...['--user', 'alice', '--hostname', 'web.example.com', '--timezone', 'Europe/Berlin', '--no-grow'],
  ...[
    '--package',
    'nginx',
    '--package',
    'git',
    '--run',
    'true',
    '--write-file',
    `/etc/token=${token},mode=0600`,
  ],
  ...['--password-file', password],
];

async function dryRun(args: readonly string[]) {
  return await world.novalet(['launch', ...args, '--dry-run']);
}

test(
  'a dry run shows the cloud-config of the options, and neither password, hash nor contents',
  BOUND,
  async () => {
    const { status, stdout, stderr } = await dryRun(['disk', ...WISHES, '-o', 'json']);
    assert.equal(status, 0, stderr);
    assert.doesNotMatch(stdout, /opensesame|hush-token|\$6\$/);
    const { instance, cloud_config: config } = JSON.parse(stdout);
    assert.equal(instance.hostname, 'web.example.com');
    assert.equal(
      config,
      `#cloud-config
users:
  - default
  - name: alice
    sudo: "ALL=(ALL) NOPASSWD:ALL"
    shell: /bin/bash
    lock_passwd: false
    hashed_passwd: "[secret]"
timezone: Europe/Berlin
growpart:
  mode: "off"
resize_rootfs: false
write_files:
  - path: /etc/token
    permissions: "0600"
    content: "[secret]"
packages:
  - nginx
  - git
runcmd:
  - - sh
    - "-c"
    - "true"
`,
    );
  },
);

test('for people it stands below the steps, and without such options nothing does', BOUND, async () => {
  assert.match(
    (await dryRun(['disk', '--timezone', 'UTC'])).stdout,
    /activate .*\n\n#cloud-config\ntimezone: UTC\n$/,
  );
  assert.match((await dryRun(['disk', '--hostname', 'web'])).stdout, /activate .*\n$/);
});

test('what cloudbase-init would pass over is refused for an image of Windows', BOUND, async () => {
  const { status, stderr } = await dryRun(['windows', '--locale', 'de_DE.UTF-8']);
  assert.match(
    stderr,
    /The image windows is Windows: cloudbase-init sets no locale \[GUEST_WISH_UNSUPPORTED\]/,
  );
  assert.notEqual(status, 0);
});
