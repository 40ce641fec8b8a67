// Passwords, keys and the lines of the audit, as a person has them of a guest that runs; and the lanes that stay there.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runProgram } from '../../../src/hostlink/index.ts';
import { ED25519_KEY } from '../../unit/metadata/sample.ts';
import { PACKAGE, World } from '../support/world.ts';

const BOUND = { timeout: 240_000 };
let world: World;
let domain = '';

before(async () => {
  world = await World.make();
  await world.minimalImage();
  const compute = await world.compute();
  domain = (await compute.launch({ image: 'minimal', name: 'web', network: 'none' })).domainName;
  await compute.waitFor('web', { kind: 'agent' }, { timeoutMs: 120_000 });
  await world.closeCompute();
}, BOUND);
after(() => world[Symbol.asyncDispose](), BOUND);

async function novalet(...words: string[]): Promise<{ stdout: string; stderr: string }> {
  const { status, stdout, stderr } = await world.novalet(words);
  assert.equal(status, 0, stderr);
  return { stdout, stderr };
}

async function inGuest(...argv: string[]): Promise<string> {
  return (await novalet('exec', 'web', '--', ...argv)).stdout;
}

test(
  'a made-up password is shown once, as JSON for programs, and expires when that is asked for',
  BOUND,
  async () => {
    const line = () => inGuest('grep', '^root:', '/etc/shadow');
    const made = await novalet('passwd', 'web', '--generate', '--expire', '-o', 'json');
    const { admin_pass: password, ...rest } = JSON.parse(made.stdout);
    assert.deepEqual(rest, { instance: 'web', user: 'root', via: 'agent', expired: true });
    assert.match(password, /^\w{20}$/);
    assert.doesNotMatch(made.stderr, new RegExp(password));
    const [, hash = '', day] = (await line()).split(':');
    assert.match(hash, /^\$[156y]\$/);
    assert.equal(day, '0');
  },
);

test(
  'the best road is taken and said, and the one that is not there is refused in plain words',
  BOUND,
  async () => {
    const auto = await novalet('passwd', 'web', '--generate', '--auto', '-o', 'json');
    assert.equal(JSON.parse(auto.stdout).via, 'agent');
    const { status, stderr } = await world.novalet(['passwd', 'web', '--generate', '--offline']);
    assert.equal(status, 4, stderr);
    assert.match(stderr, /The disk of instance web cannot be changed offline while it is running/);
    assert.match(stderr, /Leave out --offline to have its agent do it, or stop it first: novalet stop web/);
  },
);

test('keys of a user are added, listed and removed by name', BOUND, async () => {
  const keys = (...words: string[]) => novalet('keys', ...words, '--user', 'guest', '-o', 'json');
  const added = JSON.parse((await keys('add', 'web', '--key', ED25519_KEY)).stdout);
  assert.deepEqual([added.user, added.keys.length], ['guest', 1]);
  const [listed] = JSON.parse((await keys('list', 'web')).stdout).keys;
  assert.equal(listed.comment, 'sample@example');
  assert.match(
    await inGuest('cat', '/home/guest/.ssh/authorized_keys'),
    /^ssh-ed25519 \S+ sample@example\n$/,
  );
  const unknown = await world.novalet(['keys', 'remove', 'web', 'desk', '--user', 'guest']);
  assert.match(unknown.stderr, /novalet keys list web shows fingerprints/);
  await keys('remove', 'web', listed.fingerprint);
  assert.deepEqual(JSON.parse((await keys('list', 'web')).stdout).keys, []);
});

test('each of these reaches is one line of the audit, without a password', BOUND, async () => {
  const path = join(world.stateDir, 'state', 'audit.ndjson');
  const lines = () =>
    readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
      .filter(({ outcome }) => outcome !== 'started'); // what takes long has a second line
  const before = lines().length;
  const password = 'hunter2 hunter2';
  const set = await world.novalet(['passwd', 'web', '--stdin'], { stdin: `${password}\n` });
  assert.equal(set.status, 0, set.stderr);
  await inGuest('true', password);
  const [first, second, ...more] = lines().slice(before);
  assert.deepEqual(more, []);
  for (const line of [first, second]) {
    assert.deepEqual([line.subject, line.origin, line.outcome], ['local', 'cli', 'ok']);
    assert.equal(line.instance.name, 'web');
    assert.ok(line.ms > 0 && line.guestUser === 'root');
  }
  assert.deepEqual([first.what, first.privilege], ['setPassword', 'credentials']);
  assert.deepEqual([second.what, second.target, second.via, second.exitCode], ['exec', 'true', 'lane', 0]);
  assert.doesNotMatch(readFileSync(path, 'utf8'), /hunter2/);
});

test(
  'beside a call that holds the first lane the next ones find another ready, which goes in the end',
  BOUND,
  async () => {
    const lanes = async () => {
      const { stdout } = await runProgram('virsh', ['-c', 'qemu:///system', 'dumpxml', domain]);
      return [...stdout.matchAll(/name='org\.novalet\.lane\.(\d+)'/g)].map(([, number]) => Number(number));
    };
    const argv = [
      '--config',
      world.configFile,
      'exec',
      'web',
      '--',
      'sh',
      '-c',
      'echo up; exec sleep 100000',
    ];
    const holder = spawn(join(PACKAGE, 'scripts', 'novalet'), argv, { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(holder.stdout, 'data');
    for (let call = 0; call < 2; call += 1) {
      assert.equal(await inGuest('echo', 'in'), 'in\n');
      assert.deepEqual(await lanes(), [0, 1]);
    }
    holder.kill('SIGTERM'); // the program's first, which ends it
    await once(holder, 'close');
    await inGuest('true');
    assert.deepEqual(await lanes(), [0]);
  },
);
