// A whole Debian guest: cloud-init takes everything from the config drive. Asserted from inside, through the agent.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isFault, Secret } from '../../../src/base/index.ts';
import type { Compute } from '../../../src/compute/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { SLOW_AGENT, World } from '../support/world.ts';

const USER_DATA = `#cloud-config
timezone: Europe/Lisbon
write_files:
  - path: /etc/novalet-was-here
    content: written by user data
runcmd:
  - [sh, -c, 'echo ran > /run/novalet-ran']
`;

const world = await World.make(SLOW_AGENT);
after(() => world[Symbol.asyncDispose]());
let compute: Compute;
let publicKey = '';
const name = 'cloud';

before(
  async () => {
    await world.debianImage();
    compute = await world.compute();
    const keys = await mkdtemp(join(world.stateDir, 'keys-'));
    await runProgram('ssh-keygen', [
      '-q',
      '-t',
      'ed25519',
      '-N',
      '',
      '-C',
      'ada@example',
      '-f',
      join(keys, 'id'),
    ]);
    publicKey = (await readFile(join(keys, 'id.pub'), 'utf8')).trim();
    await rm(keys, { recursive: true });
    await compute.flavors.create({
      name: 'cloud',
      vcpus: 2,
      memoryMiB: 1024,
      rootGiB: 4,
      ephemeralGiB: 1,
      swapMiB: 64,
      extraSpecs: {},
    });
    await compute.launch({
      image: 'debian',
      name,
      flavor: 'cloud',
      userData: Buffer.from(USER_DATA),
      sshKeys: [{ name: 'ada', publicKey }],
      adminPassword: new Secret('correct horse battery'),
      metadata: { role: 'test' },
    });
    await compute.waitFor(name, { kind: 'cloud-init' }, { timeoutMs: 580_000 });
  },
  { timeout: 600_000 }, // without KVM on a busy host
);

async function inside(...argv: string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await compute.exec(name, { argv });
  assert.equal(exitCode, 0, stderr.toString());
  return stdout.toString('utf8').trim();
}

test('cloud-init says that it read the config drive', async () => {
  const result = JSON.parse(await inside('cat', '/run/cloud-init/result.json'));
  assert.match(result.v1.datasource, /^DataSourceConfigDrive /);
  assert.deepEqual(result.v1.errors, []);
});

test('hostname, time zone, file and command are as the user data and the name say', async () => {
  assert.equal(await inside('hostname'), name);
  assert.equal(await inside('readlink', '/etc/localtime'), '/usr/share/zoneinfo/Europe/Lisbon');
  assert.equal(await inside('cat', '/etc/novalet-was-here'), 'written by user data');
  assert.equal(await inside('cat', '/run/novalet-ran'), 'ran');
});

test('the key is where sshd looks for it', async () => {
  const files = await inside('sh', '-c', 'cat /root/.ssh/authorized_keys /home/*/.ssh/authorized_keys');
  assert.ok(files.includes(publicKey.split(' ')[1] ?? 'no key'), files);
});

test("the password that was asked for opens the administrator's account", async () => {
  const [, hash = ''] = (await inside('getent', 'shadow', 'root')).split(':');
  const [, , salt = ''] = hash.split('$');
  const crypted = await runProgram('openssl', ['passwd', '-6', '-salt', salt, '-stdin'], {
    stdin: 'correct horse battery',
  });
  assert.equal(hash, crypted.stdout.trim());
});

test('the root filesystem has grown to the flavor, and the ephemeral and swap disks are there by their labels', async () => {
  const gib = Number(await inside('sh', '-c', 'df --output=size -B1 / | tail -1')) / 1024 ** 3;
  assert.ok(gib > 3.5, `${gib} GiB`);
  assert.match(await inside('lsblk', '-no', 'LABEL'), /ephemeral0/);
  assert.match(await inside('lsblk', '-no', 'FSTYPE'), /swap/);
});

test('the address is the one that was reserved, by the agent and from inside', async () => {
  await compute.waitFor(name, { kind: 'ip' }, { timeoutMs: 60_000 });
  const [reserved] = (await compute.show(name)).addresses;
  assert.ok(reserved);
  const { source, interfaces } = await compute.addresses(name);
  assert.equal(source, 'agent');
  assert.ok(
    interfaces.some(({ addresses }) => addresses.some(({ address }) => address === reserved)),
    JSON.stringify(interfaces),
  );
});

test("the agent's log in the guest shows no password that was set", async () => {
  await compute.setPassword(name, { password: new Secret('never-in-a-journal') });
  await compute.exec(name, { argv: ['true'], env: { TOKEN: 'never-in-a-journal' } });
  const found = await compute.exec(name, {
    argv: ['sh', '-c', 'journalctl --no-pager | grep -c "never-in-a-[j]ournal"'],
  });
  assert.equal(found.stdout.toString().trim(), '0');
});

test('what cloud-init says of itself is told with its stages, and by an exit status', async () => {
  const status = await compute.guests.cloudInitStatus(name, { wait: true });
  assert.deepEqual([status.state, status.datasource, status.errors], ['done', 'configdrive', []]);
  assert.match(status.detail, /^DataSourceConfigDrive /);
  assert.deepEqual(
    status.stages.map((stage) => stage.name),
    ['init-local', 'init', 'modules-config', 'modules-final'],
  );
  for (const { name: stage, startedAt, finishedAt, errors } of status.stages) {
    assert.ok(startedAt !== null && finishedAt !== null && finishedAt >= startedAt, stage);
    assert.deepEqual(errors, [], stage);
  }
  const { status: code, stdout, stderr } = await world.novalet(['cloud-init', name, 'status', '--no-wait']);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^status +done$/m);
  assert.match(stdout, /^datasource +configdrive$/m);
});

test('its two logs come to the terminal and into a document, no more of them than is asked for', async () => {
  const both = await world.novalet(['cloud-init', name, 'logs', '--bytes', '2K']);
  assert.equal(both.status, 0, both.stderr);
  assert.match(both.stdout, /^==> \/var\/log\/cloud-init\.log <==$/m);
  assert.match(both.stdout, /^==> \/var\/log\/cloud-init-output\.log <==$/m);
  assert.ok(both.stdout.length < 2 * 2048 + 200, `${both.stdout.length} characters`);
  const one = await world.novalet(['cloud-init', name, 'logs', '--only', 'log', '-o', 'json']);
  const { logs } = JSON.parse(one.stdout);
  assert.equal(logs.length, 1);
  assert.equal(logs[0].path, '/var/log/cloud-init.log');
  assert.match(logs[0].text, /modules:final/);
});

test('a rerun does again what the user data say, stage by stage, and cloud-init is done after it', async () => {
  await inside('rm', '/etc/novalet-was-here', '/run/novalet-ran');
  const told: string[] = [];
  const { steps } = await compute.guests.rerunCloudInit(name, {
    clearLogs: true,
    timeoutMs: 500_000,
    onProgress: ({ step, phase }) => told.push(`${phase} ${step}`),
  });
  assert.deepEqual(
    steps.map(({ step, exitCode }) => [step, exitCode]),
    [
      ['clean', 0],
      ['init-local', 0],
      ['init', 0],
      ['modules-config', 0],
      ['modules-final', 0],
    ],
  );
  assert.deepEqual(told.slice(0, 2), ['begin cloud-init-clean', 'end cloud-init-clean']);
  assert.equal(await inside('cat', '/etc/novalet-was-here'), 'written by user data');
  assert.equal(await inside('cat', '/run/novalet-ran'), 'ran');
  const { state, datasource } = await compute.guests.cloudInitStatus(name);
  assert.deepEqual([state, datasource], ['done', 'configdrive']);
});

test('a stage that fails is named, the later ones run, and the exit status says that cloud-init failed', async () => {
  const config = 'bootcmd: [[sh, -c, "exit 3"]]';
  await inside('sh', '-c', `echo '${config}' > /etc/cloud/cloud.cfg.d/99_fails.cfg; rm /run/novalet-ran`);
  await assert.rejects(compute.guests.rerunCloudInit(name, { timeoutMs: 500_000 }), (error) => {
    assert.ok(isFault(error, 'CLOUD_INIT_FAILED'));
    assert.match(error.message, /stage init \(1\); the other stages were run/);
    return true;
  });
  assert.equal(await inside('cat', '/run/novalet-ran'), 'ran');
  const { status, stdout } = await world.novalet(['cloud-init', name, 'status', '-o', 'json']);
  assert.equal(status, 1);
  const told = JSON.parse(stdout);
  assert.equal(told.status, 'error');
  assert.match(told.errors.join(), /bootcmd/);
});
