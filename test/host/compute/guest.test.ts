// The main job on a real guest that boots in seconds: launch, reach in, power, delete. One instance for all, in order.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isFault, Secret } from '../../../src/base/index.ts';
import type { Compute } from '../../../src/compute/index.ts';
import { runProgram } from '../../../src/hostlink/index.ts';
import { World } from '../support/world.ts';

const world = await World.make();
after(() => world[Symbol.asyncDispose]());
let compute: Compute;
const name = 'web';

before(async () => {
  await world.minimalImage();
  compute = await world.compute();
  const password = new Secret('config-drive-password');
  await compute.launch({
    image: 'minimal',
    name,
    adminPassword: password,
    plainAdminPassword: true,
    metadata: { role: 'web' },
  });
  await compute.waitFor(name, { kind: 'agent' }, { timeoutMs: 90_000 });
});

async function sh(script: string): Promise<string> {
  const { stdout } = await compute.exec(name, { argv: ['/bin/sh', '-c', script] });
  return stdout.toString('utf8').trim();
}

test('the instance is listed as active, with its address, and its agent is connected', async () => {
  const [listed] = await compute.list();
  assert.equal(listed?.status, 'ACTIVE');
  assert.match(listed?.addresses[0] ?? '', /^\d+\.\d+\.\d+\.\d+$/);
  const shown = await compute.show(name);
  assert.equal(shown.agent, 'connected');
  assert.match(shown.vnc ?? '', /^127\.0\.0\.1:59\d\d$/);
  assert.match(shown.instance.hardware.machineType, /^pc-q35-/);
});

test('a command runs inside; output, exit code and signal are its own', async () => {
  const result = await compute.exec(name, { argv: ['/bin/sh', '-c', 'echo out; echo err >&2; exit 7'] });
  assert.equal(result.stdout.toString(), 'out\n');
  assert.equal(result.stderr.toString(), 'err\n');
  assert.equal(result.exitCode, 7);
  const killed = await compute.exec(name, { argv: ['/bin/sh', '-c', 'kill -KILL $$'] });
  assert.deepEqual([killed.exitCode, killed.signal], [null, 'SIGKILL']);
});

test('stdin, environment and directory reach the command, and arguments are not touched by a shell', async () => {
  const stdin = Buffer.from([0, 1, 2, 255, 10]);
  const copied = await compute.exec(name, { argv: ['cat'], stdin });
  assert.deepEqual(copied.stdout, stdin);
  const env = { GREETING: "it's $HOME" };
  const there = await compute.exec(name, {
    argv: ['sh', '-c', 'pwd; printf %s "$GREETING"'],
    env,
    cwd: '/etc',
  });
  assert.equal(there.stdout.toString(), "/etc\nit's $HOME");
  const raw = await compute.exec(name, { argv: ['printf', '%s', '$(id); `id` "x" \\'] });
  assert.equal(raw.stdout.toString(), '$(id); `id` "x" \\');
});

test('a command can run as another user of the guest', async () => {
  const { stdout } = await compute.exec(name, { argv: ['id', '-un'], user: 'guest' });
  assert.equal(stdout.toString().trim(), 'guest');
  await assert.rejects(compute.exec(name, { argv: ['id'], user: 'nobody-here' }), (error) =>
    isFault(error, 'EXEC_USER_UNKNOWN'),
  );
});

test('a command that takes too long is killed in the guest with all it started', async () => {
  await assert.rejects(
    compute.exec(name, { argv: ['sh', '-c', 'sleep 1234 & sleep 1234'], timeoutMs: 8000 }),
    (error) => isFault(error, 'EXEC_TIMEOUT') && error.outcome === 'not-done',
  );
  while ((await sh('ps | grep "sleep 123[4]" | wc -l')) !== '0'); // dying takes the guest's kernel its time
});

test('a command that is not there, or cannot be executed, is said so', async () => {
  await assert.rejects(compute.exec(name, { argv: ['no-such-command'] }), (error) =>
    isFault(error, 'EXEC_NOT_FOUND'),
  );
  await assert.rejects(compute.exec(name, { argv: ['/etc/passwd'] }), (error) =>
    isFault(error, 'EXEC_NOT_EXECUTABLE'),
  );
  await assert.rejects(compute.exec(name, { argv: ['pwd'], cwd: '/nowhere' }), (error) =>
    isFault(error, 'EXEC_CWD_MISSING'),
  );
});

test('output beyond a limit is dropped and marked, and the agent stays whole', async () => {
  const { stdout, stdoutTruncated } = await compute.exec(name, {
    argv: ['head', '-c', '3000000', '/dev/zero'],
    maxOutputBytes: 65_536,
  });
  assert.deepEqual([stdout.length, stdoutTruncated], [65_536, true]);
  assert.equal(await sh('echo still here'), 'still here');
});

test('many commands at once each get their own output', async () => {
  const numbers = Array.from({ length: 12 }, (_unused, n) => n);
  const outputs = await Promise.all(numbers.map((n) => sh(`echo ${n}`)));
  assert.deepEqual(outputs, numbers.map(String));
});

test('a password is set: the hash in the guest is another one, and the password is in no argument', async () => {
  const shadow = () => sh('grep ^root: /etc/shadow');
  const first = await shadow();
  await compute.setPassword(name, { password: new Secret('correct horse') });
  const second = await shadow();
  assert.notEqual(second, first);
  await compute.setPassword(name, { password: new Secret(`$6$salt$${'a'.repeat(86)}`), hashed: true });
  assert.match(await shadow(), /^root:\$6\$salt\$a{86}:/);
  await assert.rejects(compute.setPassword(name, { user: 'ghost', password: new Secret('x') }), (error) =>
    isFault(error),
  );
});

test("the interfaces come from the agent, with the port's MAC address among them", async () => {
  const { source, interfaces } = await compute.addresses(name);
  assert.equal(source, 'agent');
  const { instance } = await compute.show(name);
  assert.ok(interfaces.some(({ mac }) => mac === instance.ports[0]?.mac));
});

test('the console has been logged from the first second', async () => {
  const log = await compute.consoleLog(name);
  assert.match((await log.read(1_000_000)).toString('latin1'), /Linux version/);
});

test('the config drive is in the domain, private, and holds the password that was to be there in clear only there', async () => {
  const { instance } = await compute.show(name);
  const drive = `${world.stateDir}/state/instances/${instance.id}/disk.config`;
  const { stdout } = await runProgram('isoinfo', [
    '-R',
    '-i',
    drive,
    '-x',
    '/openstack/latest/meta_data.json',
  ]);
  const meta = JSON.parse(stdout);
  assert.deepEqual(
    [meta.uuid, meta.meta, meta.admin_pass],
    [instance.id, { role: 'web' }, 'config-drive-password'],
  );
  const others = await runProgram('find', [
    `${world.stateDir}/state`,
    '-name',
    'disk.config',
    '-perm',
    '/o+r',
  ]);
  assert.equal(others.stdout, '');
  const leaks = ['-rlaF', 'config-drive-password', `${world.stateDir}/state`, '--exclude=disk.config'];
  await assert.rejects(runProgram('grep', leaks), (error) => isFault(error, 'PROGRAM_FAILED')); // grep found nothing
});

test('a guest without cloud-init is told to have none, whatever is asked of it', async () => {
  for (const asked of [
    () => compute.guests.cloudInitStatus(name),
    () => compute.guests.cloudInitStatus(name, { wait: true, timeoutMs: 60_000 }),
    () => compute.guests.rerunCloudInit(name),
  ]) {
    await assert.rejects(asked, (error) => isFault(error, 'CLOUD_INIT_MISSING'));
  }
  const { status, stderr } = await world.novalet(['cloud-init', name, 'logs']);
  assert.equal(status, 3, stderr);
  assert.match(stderr, /CLOUD_INIT_LOG_MISSING/);
});

test('a reboot is a new boot of the same instance', async () => {
  const before = await sh('cat /proc/sys/kernel/random/boot_id');
  await compute.reboot(name, { timeoutMs: 60_000 });
  await compute.waitFor(name, { kind: 'agent' }, { timeoutMs: 90_000 });
  assert.notEqual(await sh('cat /proc/sys/kernel/random/boot_id'), before);
  assert.equal((await compute.show(name)).status, 'ACTIVE');
});

test('a guest that is reset in the middle of a command is said so, and nothing hangs', async () => {
  const running = compute.exec(name, { argv: ['sleep', '1000'] });
  const outcome = assert.rejects(
    running,
    (error) => isFault(error, 'GUEST_REBOOTED') && error.outcome === 'unknown',
  );
  await compute.exec(name, { argv: ['true'] }); // it runs by now
  const { instance } = await compute.show(name);
  await runProgram('virsh', ['-c', 'qemu:///system', 'reset', instance.domainName]);
  await outcome;
  await compute.waitFor(name, { kind: 'agent' }, { timeoutMs: 90_000 });
});

test('stopping asks the guest; what only makes sense while it runs is refused then; starting brings it back', async () => {
  await compute.stop(name);
  assert.equal((await compute.show(name)).status, 'SHUTOFF');
  await assert.rejects(compute.exec(name, { argv: ['true'] }), (error) =>
    isFault(error, 'INSTANCE_STATE_CONFLICT'),
  );
  await assert.rejects(compute.stop(name), (error) => isFault(error, 'INSTANCE_STATE_CONFLICT'));
  await compute.start(name);
  await compute.waitFor(name, { kind: 'status', status: 'active' });
  await compute.waitFor(name, { kind: 'agent' }, { timeoutMs: 90_000 });
});

test('a guest that powers itself off is stopped, whatever the record said', async () => {
  const done = compute.waitFor(name, { kind: 'status', status: 'SHUTOFF' }, { timeoutMs: 60_000 });
  // Its road goes with the guest.
  await assert.rejects(compute.exec(name, { argv: ['sh', '-c', 'poweroff -f; sleep 1000'] }), isFault);
  await done;
});

test('a domain that somebody undefined and a network that somebody stopped are made again by start', async () => {
  const { instance } = await compute.show(name);
  await runProgram('virsh', ['-c', 'qemu:///system', 'undefine', instance.domainName]);
  await runProgram('virsh', ['-c', 'qemu:///system', 'net-destroy', world.prefix]);
  await assert.rejects(compute.exec(name, { argv: ['true'] }), (error) =>
    isFault(error, 'INSTANCE_NOT_RUNNING'),
  );
  await compute.start(name);
  await compute.waitFor(name, { kind: 'agent' }, { timeoutMs: 90_000 });
});

test('a wait that runs out says in which stage it stood', async () => {
  await compute.stop(name, { force: true });
  await compute.start(name);
  const { instance } = await compute.show(name);
  // It boots no further; and where it was quick to boot, it begins anew and stays there.
  for (const act of ['suspend', 'reset'])
    await runProgram('virsh', ['-c', 'qemu:///system', act, instance.domainName]);
  await assert.rejects(
    compute.waitFor(name, { kind: 'agent' }, { timeoutMs: 3000 }),
    (error) => isFault(error, 'AGENT_NOT_READY') && /waiting for the agent to connect/.test(error.message),
  );
});

test('deleting leaves nothing: no domain, no files, no address', async () => {
  const { instance } = await compute.show(name);
  await compute.delete(name);
  await assert.rejects(compute.show(name), (error) => isFault(error, 'INSTANCE_NOT_FOUND'));
  const left = await world.snapshot();
  assert.deepEqual(left['domains'], []);
  assert.deepEqual(left['taps'], []);
  assert.deepEqual(
    left['files']?.filter((file) => file.includes(instance.id)),
    [],
  );
});
