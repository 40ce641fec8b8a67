// A whole Debian guest that was wished for by launch's options beside a cloud-config of the user's own. What the carriers'
// test shows already is not looked at again: this is about what comes of both together, owners, homes and growth.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { GIB } from '../../../src/base/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { SLOW_AGENT, World } from '../support/world.ts';

const BOOT_SECONDS = 600; // without KVM on a busy host
const BOUND = { timeout: 2000 * BOOT_SECONDS };
const NAME = 'wished';
const world = await World.make(SLOW_AGENT);
after(() => world[Symbol.asyncDispose]());

before(async () => {
  await world.debianImage();
  const compute = await world.compute();
  const size = { vcpus: 2, memoryMiB: 1024, rootGiB: 6, ephemeralGiB: 0, swapMiB: 0, extraSpecs: {} };
  await compute.flavors.create({ name: NAME, ...size });
  await world.closeCompute();
}, BOUND);

async function file(name: string, content: string): Promise<string> {
  const path = join(world.stateDir, name);
  await writeFile(path, content, { mode: 0o600 });
  return path;
}

async function inside(...argv: string[]): Promise<string> {
  const { status, stdout, stderr } = await world.novalet(['exec', NAME, '--', ...argv]);
  assert.equal(status, 0, `${argv.join(' ')}: ${stderr}`);
  return stdout.trimEnd();
}

test(
  'options and user data of a launch come together in a guest, and what the user data say holds',
  BOUND,
  async () => {
    const own = await file(
      'own.yaml',
      `#cloud-config
users: [default, {name: alice, shell: /bin/sh, gecos: Alice}]
write_files: [{path: /etc/twice, content: of the file}]
runcmd: ["echo of the file >> /run/order"]
timezone: Europe/Lisbon
`,
    );
    const key = join(world.stateDir, 'id');
    await runProgram('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    const [short, long] = [
      await file('short', 'of the option\n'),
      await file('long', 'a line\n'.repeat(5000)),
    ];
    const { status, stderr } = await world.novalet(
      [
        ...['launch', 'debian', '--name', NAME, '--flavor', NAME, '--user-data', own, '--user', 'alice'],
        ...['--ssh-key', `${key}.pub`, '--password-file', await file('password', 'Correct-Horse 7\n')],
        ...['--hostname', 'web.example.org', '--timezone', 'Europe/Berlin', '--no-grow'],
        ...[
          '--write-file',
          `/etc/twice=${short}`,
          '--write-file',
          `/srv/long=${long},mode=0600,owner=alice:alice`,
        ],
        ...['--write-file', `/home/alice/notes=${short}`, '--run', "echo 'of the option' >> /run/order"],
        ...[
          '--run',
          "echo 'never closed",
          '--run',
          'exit 3',
          '--wait',
          'cloud-init',
          '--timeout',
          `${BOOT_SECONDS}`,
        ],
      ],
      { timeoutMs: 1500 * BOOT_SECONDS },
    );
    assert.equal(status, 0, stderr);
    assert.deepEqual(JSON.parse(await inside('cat', '/run/cloud-init/result.json')).v1.errors, []);
    assert.match(
      await inside('getent', 'passwd', 'alice'),
      /^alice:x:\d+:\d+:Alice:\/home\/alice:\/bin\/sh$/,
    );
    assert.match(await inside('getent', 'shadow', 'alice'), /^alice:\$6\$/);
    assert.match(await inside('getent', 'passwd', 'debian'), /^debian:/);
    assert.equal(await inside('stat', '-c', '%U', '/home/alice', '/home/alice/.profile'), 'alice\nalice');
    assert.equal(await inside('cat', '/home/alice/notes'), 'of the option');
    assert.match(await inside('cat', '/home/alice/.ssh/authorized_keys'), /^ssh-ed25519 /);
    assert.equal(await inside('stat', '-c', '%U:%G %a %s', '/srv/long'), 'alice:alice 600 35000');
    assert.equal(await inside('cat', '/etc/twice'), 'of the file');
    assert.equal(await inside('cat', '/run/order'), 'of the option\nof the file');
    assert.equal(await inside('readlink', '/etc/localtime'), '/usr/share/zoneinfo/Europe/Lisbon');
    assert.equal(await inside('hostname'), 'web');
    const [blocks = 0, bytes = 0] = (await inside('stat', '-f', '-c', '%b %S', '/')).split(' ').map(Number);
    assert.ok(
      blocks * bytes < 5 * GIB,
      `the root file system has ${blocks * bytes} bytes of a disk of 6 GiB`,
    );
  },
);
