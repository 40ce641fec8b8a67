// Stock ssh against the gateway: commands, shells, terminals, signals, who may come in.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { GatewayWorld, ofCommand, until } from './support/gateway-world.ts';

let world: GatewayWorld;
before(async () => {
  world = await GatewayWorld.open();
});
after(async () => await world[Symbol.asyncDispose]());

const LIMIT = { timeout: 240_000 };

test('a command gives its two streams and its status as they are', LIMIT, async () => {
  const ran = await world.run('ssh', ['all', 'echo out; echo err >&2; exit 7']);
  assert.deepEqual(ran, { status: 7, stdout: 'out\n', stderr: 'err\n' });
});

test('an RSA key logs in with a SHA-2 signature', LIMIT, async () => {
  assert.equal((await world.run('ssh', ['rsa', 'true'])).status, 0);
  const old = await world.run('ssh', ['-o', 'PubkeyAcceptedAlgorithms=ssh-rsa', 'rsa', 'true']);
  assert.equal(old.status, 255);
});

test('standard input goes in and its end is seen', LIMIT, async () => {
  const ran = await world.run('ssh', ['all', 'wc -c'], { input: 'x'.repeat(3_000_000) });
  assert.equal(ran.stdout.trim(), '3000000');
});

test('a login names the guest and its user', LIMIT, async () => {
  const ran = await world.run('ssh', ['nobody+guest-2@all', 'id -un']);
  assert.notEqual(ran.status, 0); // its shell is nologin, which says so and fails
  assert.equal((await world.run('ssh', ['root+guest-1@all', 'id -un; pwd'])).stdout, `root\n${world.home}\n`);
});

test('a shell without a terminal reads commands', LIMIT, async () => {
  const ran = await world.run('ssh', ['-T', 'all'], { input: 'echo one; exit 3\n' });
  assert.equal(ran.status, 3);
  assert.match(ran.stdout, /^one$/m);
});

test('a terminal is one, of the right size and type', LIMIT, async () => {
  const ran = await world.run('ssh', ['-tt', 'all', 'tty; stty size; echo $TERM']);
  assert.match(ran.stdout, /\/dev\/pts\/\d+\r\n\d+ \d+\r\n\S+\r\n/);
  assert.equal(ran.status, 0);
});

test('Ctrl-C in a terminal interrupts the program', LIMIT, async () => {
  const ran = await world.run('ssh', ['-tt', 'all', 'trap "exit 42" INT; echo ready; sleep 1000'], {
    input: '\x03',
    when: 'ready',
  });
  assert.equal(ran.status, 42);
});

test('only the variables that are allowed are set', LIMIT, async () => {
  const sent = ['-o', 'SetEnv=LC_TEST=a NVT_ONE=b LD_PRELOAD=c'];
  const ran = await world.run('ssh', [...sent, 'all', 'echo "[$LC_TEST][$NVT_ONE][$LD_PRELOAD]"']);
  assert.equal(ran.stdout, '[a][b][]\n');
});

test('a program that a signal ended is told as that', LIMIT, async () => {
  const ran = await world.run('ssh', ['all', 'kill -TERM $$']);
  assert.equal(ran.status, 255);
  const record = await world.recorded(ofCommand('kill -TERM $$'));
  assert.deepEqual([record.signal, record.exitCode], ['SIGTERM', null]);
});

test('a key nobody has is turned away without a word of why', LIMIT, async () => {
  const { status, stderr } = await world.run('ssh', ['-o', 'LogLevel=INFO', 'stranger', 'true']);
  assert.equal(status, 255);
  assert.match(stderr, /^\S+: Permission denied \(publickey\)\.\r?\n$/);
});

test('who has proven a key is told that the login names nothing it may reach', LIMIT, async () => {
  const told = ['-o', 'LogLevel=INFO'];
  const unknown = await world.run('ssh', [...told, 'no-such-guest@all', 'true']);
  assert.equal(unknown.status, 255);
  assert.match(unknown.stderr, /no instance "no-such-guest" that all may reach \[SSH_LOGIN_REFUSED\]/);
  const malformed = await world.run('ssh', [...told, 'a+b+../c@all', 'true']);
  assert.equal(malformed.status, 255);
  assert.match(malformed.stderr, /"a\+b\+\.\.\/c" names no instance[\s\S]*USER\+NAME/);
});

test(
  'a program ends when nobody reads it any more, whether the client still types or not',
  LIMIT,
  async () => {
    for (const [word, input] of [
      ['typing', ''],
      ['silent', '</dev/null'],
    ]) {
      const before = new Set(world.reach.pids);
      const line = `ssh -F ${world.config} all 'exec yes ${word}' ${input} | head -1`;
      assert.equal((await world.run('sh', ['-c', line])).stdout, `${word}\n`);
      const [pid = 0] = [...world.reach.pids].filter((known) => !before.has(known));
      await until(() => !isAlive(pid));
      assert.equal((await world.recorded(ofCommand(`exec yes ${word}`))).signal, 'SIGPIPE');
    }
  },
);

test('a program that does not heed a broken pipe is killed', LIMIT, async () => {
  const command = 'trap "" PIPE; while :; do echo x 2>/dev/null; done';
  const line = `ssh -F ${world.config} all '${command}' | head -1`;
  assert.equal((await world.run('sh', ['-c', line])).stdout, 'x\n');
  assert.equal((await world.recorded(ofCommand(command))).signal, 'SIGKILL');
});

test('a program that only works on after nobody reads it any more is left to work', LIMIT, async () => {
  const done = `${world.home}/worked-on`;
  const line = `ssh -F ${world.config} all 'echo a; read go; echo b; read go; touch ${done}' | head -1`;
  await world.run('sh', ['-c', `(sleep 0.5; echo; sleep 0.5; echo) | ${line}`]);
  await until(() => existsSync(done));
});

test('a login without exec gets a clear no for a command', LIMIT, async () => {
  const ran = await world.run('ssh', ['reader', 'true']);
  assert.equal(ran.status, 255);
  assert.match(ran.stderr, /does not include exec \[PRIVILEGE_MISSING\]/);
  const record = await world.recorded(({ subject }) => subject === 'reader');
  assert.equal(record.outcome, 'denied');
});

test('a program whose client was killed is killed too', LIMIT, async () => {
  const before = new Set(world.reach.pids);
  const { spawn } = await import('node:child_process');
  const command = 'sleep 1000 & exec sleep 1000';
  const client = spawn('ssh', ['-F', world.config, 'all', command], { stdio: 'ignore' });
  await until(() => world.reach.pids.size > before.size);
  const [pid = 0] = [...world.reach.pids].filter((known) => !before.has(known));
  client.kill('SIGKILL');
  await until(() => !isAlive(pid));
  assert.equal((await world.recorded(ofCommand(command))).outcome, 'cancelled');
});

test('what a command leaves in the background lives on', LIMIT, async () => {
  const ran = await world.run('ssh', ['all', 'setsid sleep 1000 >/dev/null 2>&1 </dev/null & echo $!']);
  const pid = Number(ran.stdout);
  assert.ok(isAlive(pid));
  process.kill(pid, 'SIGKILL');
});

test('many sessions go over one connection of a control master', LIMIT, async () => {
  const control = ['-o', `ControlPath=${world.folder}/cm`];
  await world.run('ssh', [...control, '-MNf', 'all']);
  const runs = await Promise.all(
    Array.from({ length: 20 }, (_, at) => world.run('ssh', [...control, 'all', `echo ${at}`])),
  );
  assert.deepEqual(
    runs.map(({ stdout }) => stdout),
    Array.from({ length: 20 }, (_, at) => `${at}\n`),
  );
  await world.run('ssh', [...control, '-O', 'exit', 'all']);
});

test('a hundred clients in four guests at once all get their own output', { timeout: 180_000 }, async () => {
  const runs = await Promise.all(
    Array.from({ length: 100 }, (_, at) =>
      world.run('ssh', [`guest-${at % 4}@all`, `echo ${at}; cat`], { input: `${at}` }),
    ),
  );
  runs.forEach((ran, at) => {
    assert.deepEqual(ran, { status: 0, stdout: `${at}\n${at}`, stderr: '' });
  });
});

test('every session is recorded with who, where, what and how it ended', LIMIT, async () => {
  const command = 'cat >/dev/null; echo hello; exit 5';
  await world.run('ssh', ['guest-3@all', command], { input: 'input' });
  const { ms, origin, ...record } = await world.recorded(ofCommand(command));
  assert.ok(ms > 0);
  assert.match(origin, /^ssh 127\.0\.0\.1:\d+$/);
  assert.deepEqual(record, {
    ...{ subject: 'all', instance: { id: 'guest-3', name: 'guest-3' }, guestUser: 'root' },
    ...{
      what: 'exec',
      privilege: 'exec',
      target: 'cat',
      arguments: [command],
      outcome: 'ok',
      code: null,
    },
    ...{ exitCode: 5, signal: null, bytesIn: 5, bytesOut: 6, via: 'lane' },
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
