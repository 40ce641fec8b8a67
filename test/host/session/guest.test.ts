// The main job as a plain user on qemu:///session, by the command line: launch, reach in, power, delete. In order.
import assert from 'node:assert/strict';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { liveDomainFacts } from '../../../src/libvirt-xml/index.ts';
import { runCommand } from '../support/run-command.ts';
import { PACKAGE } from '../support/world.ts';
import { PlainUser } from './plain-user.ts';

const BOUND = { timeout: 240_000 };
let user: PlainUser;

before(async () => {
  user = await PlainUser.make();
  const virtType = process.env['NOVALET_TEST_VIRT_TYPE'] ?? 'auto';
  const configFile = join(user.folder('XDG_CONFIG_HOME'), 'novalet', 'novalet.yaml');
  await user.writes(configFile, `default_flavor: m1.tiny\nvirt_type: ${virtType}\n`);
}, BOUND);
after(() => user?.[Symbol.asyncDispose](), BOUND);

async function show(name: string) {
  return JSON.parse(await user.does(['show', name, '-o', 'json']));
}

/** What the user's own libvirt says, asked without novalet. */
async function virsh(...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await user.run('virsh', ['-q', '-c', 'qemu:///session', ...args]);
  assert.equal(status, 0, stderr);
  return stdout;
}

async function inGuest(script: string): Promise<string> {
  return (await user.does(['exec', 'web', '--', 'sh', '-c', script])).trim();
}

test('the doctor is content, and two commands that come first at once start one daemon', BOUND, async () => {
  const both = await Promise.all([user.does(['doctor', '-o', 'json']), user.does(['doctor', '-o', 'json'])]);
  for (const output of both) {
    const findings: { check: string; status: string }[] = JSON.parse(output);
    const bad = findings.filter(({ status }) => status === 'problem');
    assert.deepEqual(bad, []);
    assert.ok(findings.some(({ check }) => check === 'socket-path'));
  }
  const daemons = (await user.programs()).filter((program) => /^(libvirtd|virtqemud)$/.test(program));
  assert.equal(daemons.length, 1);
});

test('the five flavors are there from the start', async () => {
  assert.equal(JSON.parse(await user.does(['flavor', 'list', '-o', 'json'])).length, 5);
});

test(
  'a guest is launched and its agent answers, with the settings of the XDG configuration',
  BOUND,
  async () => {
    await user.addMinimalImage();
    await user.does(['launch', 'minimal', '--name', 'web', '--wait', 'agent', '--timeout', '150', '-q'], {
      timeoutMs: 200_000,
    });
    const instance = await show('web');
    assert.deepEqual(
      [instance.status, instance.power_state, instance.agent, instance.flavor.name],
      ['ACTIVE', 'RUNNING', 'connected', 'm1.tiny'],
    );
  },
);

test("it runs under the user's own libvirt, as the user, and root's libvirt has never heard of it", async () => {
  const { id, domain_name } = await show('web');
  assert.equal((await virsh('list', '--name')).trim(), domain_name);
  assert.ok((await user.programs()).some((program) => program.startsWith('qemu-system-')));
  const ofRoot = await runCommand('virsh', ['-q', '-c', 'qemu:///system', 'list', '--all', '--uuid']);
  assert.equal(ofRoot.status, 0, ofRoot.stderr);
  assert.ok(!ofRoot.stdout.includes(id));
});

test('disks and console log are in the XDG data folder, sockets where libvirt chose, all of it private', async () => {
  const { id, vnc } = await show('web');
  const { consoleLog, agent, disks, interfaces } = liveDomainFacts(await virsh('dumpxml', id));
  const directory = join(user.folder('XDG_DATA_HOME'), 'novalet', 'instances', id);
  assert.equal(consoleLog, join(directory, 'console.log'));
  assert.deepEqual(
    disks.map(({ source }) => source),
    ['disk', 'disk.config', 'disk.agent'].map((name) => join(directory, name)),
  );
  assert.deepEqual(
    interfaces.map(({ type, target }) => [type, target]),
    [['user', null]],
  );
  for (const socket of [agent?.path ?? '', vnc]) {
    assert.ok(socket.startsWith(user.directory), `${socket} is in a folder of the user's`);
    const facts = await stat(socket);
    assert.deepEqual([facts.isSocket(), facts.uid], [true, user.uid]);
  }
  const log = await stat(consoleLog);
  assert.deepEqual([log.uid, log.mode & 0o077], [user.uid, 0]);
});

test("commands run inside, and their exit status is the command's", async () => {
  assert.equal(await inGuest('id -u'), '0');
  const failing = await user.novalet(['exec', 'web', '--', 'sh', '-c', 'echo no >&2; exit 7']);
  assert.deepEqual([failing.status, failing.stdout, failing.stderr], [7, '', 'no\n']);
});

test("root's password is set, and only its new hash is in the guest", async () => {
  const earlier = await inGuest('grep ^root: /etc/shadow');
  const password = (await user.does(['passwd', 'web', '--generate'])).trim();
  assert.match(password, /^\w{20}$/);
  const later = await inGuest('grep ^root: /etc/shadow');
  assert.match(later, /^root:\$6\$/);
  assert.notEqual(later, earlier);
});

test("QEMU's user-mode network gives the guest its address, and the agent tells it", BOUND, async () => {
  await user.does(['wait', 'web', 'ip', '--timeout', '60']);
  const { source, interfaces } = JSON.parse(await user.does(['addresses', 'web', '-o', 'json']));
  const { ports } = await show('web');
  assert.equal(source, 'agent');
  const [port] = ports;
  assert.deepEqual([port.network, port.bridge, port.device_name], [null, null, null]);
  const outward = interfaces.find(({ mac }: { mac: string }) => mac === port.mac);
  const ipv4 = outward.addresses.filter(({ family }: { family: string }) => family === 'ipv4');
  assert.deepEqual(ipv4, [{ address: '10.0.2.15', prefix: 24, family: 'ipv4' }]);
});

test('the console has been logged from the first second', async () => {
  assert.match(await user.does(['console', 'web', '--log']), /Linux version/);
});

test('a guest without a network is reached by its agent all the same', BOUND, async () => {
  await user.does(['launch', 'minimal', '--name', 'quiet', '--network', 'none', '--wait', 'agent', '-q']);
  const { stdout } = await user.novalet(['exec', 'quiet', '--', 'ls', '/sys/class/net']);
  assert.equal(stdout, 'lo\n');
  await user.does(['delete', 'quiet']);
});

test("the system's networks and bridges are refused, and nothing is left of the attempt", async () => {
  const { status, stderr } = await user.novalet([
    'launch',
    'minimal',
    '--name',
    'far',
    '--network',
    'virbr0',
  ]);
  assert.equal(status, 7, stderr);
  assert.match(stderr, /NETWORK_NEEDS_SYSTEM/);
  assert.match(stderr, /hint: .*--network none/);
  const names = JSON.parse(await user.does(['list', '-o', 'json'])).map(({ name }: { name: string }) => name);
  assert.deepEqual(names, ['web']);
});

test('it is stopped, started again, and rebooted', BOUND, async () => {
  await user.does(['stop', 'web']);
  assert.equal((await show('web')).status, 'SHUTOFF');
  await user.does(['start', 'web']);
  await user.does(['wait', 'web', 'agent', '--timeout', '120']);
  const earlier = await inGuest('cat /proc/sys/kernel/random/boot_id');
  await user.does(['reboot', 'web']);
  await user.does(['wait', 'web', 'agent', '--timeout', '120']);
  assert.notEqual(await inGuest('cat /proc/sys/kernel/random/boot_id'), earlier);
});

test('deleting leaves nothing: no domain, no process, no file of it', BOUND, async () => {
  const { id, domain_name } = await show('web');
  await user.does(['delete', 'web']);
  assert.equal(await user.does(['list', '-o', 'json']), '[]\n');
  assert.equal((await virsh('list', '--all', '--name')).trim(), '');
  const programs = await user.programs();
  assert.ok(!programs.some((program) => program.startsWith('qemu-system-')), `${programs}`);
  const places = [
    user.folder('XDG_DATA_HOME'),
    user.folder('XDG_CONFIG_HOME'),
    user.folder('XDG_RUNTIME_DIR'),
  ];
  const left = await user.run('find', [...places, '-name', `*${id}*`, '-o', '-name', `*${domain_name}*`]);
  assert.deepEqual([left.status, left.stdout], [0, '']);
});

test('the fixture for tests works on the session too, and leaves nothing', BOUND, async () => {
  const home = join(user.directory, 'novalet');
  const example = join(home, 'guest.test.ts');
  const text = await readFile(join(PACKAGE, 'test', 'examples', 'guest-node.test.ts'), 'utf8');
  await writeFile(example, text.replace("image: 'debian'", "image: 'minimal'"));
  await chmod(example, 0o644); // whatever the umask is
  const node = ['--disable-warning=ExperimentalWarning', '--conditions=novalet-source'];
  const words = [...node, '--test', '--test-reporter=tap', example];
  const { status, stdout, stderr } = await user.run(join(home, 'node'), words, { timeoutMs: 230_000 });
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, /^# pass 2$/m);
  assert.equal(await user.does(['list', '-o', 'json']), '[]\n');
});
