// A real guest, from launch to delete, by the command line alone.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { World } from '../support/world.ts';

const BOUND = { timeout: 240_000 };
let world: World;

before(async () => {
  world = await World.make();
  await world.minimalImage();
  await world.closeCompute();
  const { status, stdout, stderr } = await world.novalet(
    [
      'launch',
      'minimal',
      '--name',
      'web',
      '--wait',
      'agent',
      '--timeout',
      '120',
      '--meta',
      'role=test',
      '--generate-password',
      '-o',
      'json',
    ],
    { timeoutMs: 180_000 },
  );
  assert.equal(status, 0, stderr);
  const instance = JSON.parse(stdout);
  assert.deepEqual([instance.name, instance.status, instance.power_state], ['web', 'ACTIVE', 'RUNNING']);
  assert.match(instance.admin_pass, /^\w{20}$/);
  assert.deepEqual(instance.metadata, { role: 'test' });
}, BOUND);
after(() => world[Symbol.asyncDispose](), BOUND);

const guest = (...argv: readonly string[]) => world.novalet(['exec', 'web', '--', ...argv]);

test('the guest writes to our stdout and stderr, and its exit status is ours', BOUND, async () => {
  const { status, stdout, stderr } = await guest('sh', '-c', 'printf "a\\033[31mb"; echo no >&2; exit 7');
  assert.deepEqual([status, stdout, stderr], [7, 'a\u001b[31mb', 'no\n']);
  assert.equal((await guest('true')).status, 0);
});

test('statuses beside the guest own are those of a shell', BOUND, async () => {
  assert.equal((await guest('sh', '-c', 'kill -9 $$')).status, 137);
  assert.equal((await guest('/no/such/program')).status, 127);
  assert.equal((await guest('/etc/passwd')).status, 126);
  const slow = await world.novalet([
    'exec',
    'web',
    '--timeout',
    '8', // time enough for a busy guest to start it
    '--',
    'sh',
    '-c',
    'echo so far; sleep 60',
  ]);
  assert.deepEqual([slow.status, slow.stdout], [124, 'so far\n'], slow.stderr);
});

test('a program gets arguments untouched, our stdin, variables, a directory and a user', BOUND, async () => {
  assert.equal((await guest('echo', '$HOME', '*', 'a  b', "'")).stdout, "$HOME * a  b '\n");
  const cat = await world.novalet(['exec', 'web', '--stdin', '--', 'cat'], { stdin: 'from here\n' });
  assert.equal(cat.stdout, 'from here\n');
  const { stdout } = await world.novalet([
    'exec',
    'web',
    '--env',
    'WORD=a b',
    '--cwd',
    '/tmp',
    '--',
    'sh',
    '-c',
    'echo "$WORD"; pwd',
  ]);
  assert.equal(stdout, 'a b\n/tmp\n');
});

test('more output than is wanted is dropped in the guest, and said so', BOUND, async () => {
  const long = ['--', 'sh', '-c', 'head -c 9000000 /dev/zero | tr "\\0" x; exit 5'];
  const { status, stdout, stderr } = await world.novalet(['exec', 'web', '--max-output', '1K', ...long]);
  assert.deepEqual([status, stdout], [5, 'x'.repeat(1024)]);
  assert.match(stderr, /warning: the guest wrote more to stdout/);
});

test('with -o json the result is a record, and the status is still the guest own', BOUND, async () => {
  const { status, stdout } = await world.novalet([
    'exec',
    'web',
    '-o',
    'json',
    '--',
    'sh',
    '-c',
    'echo hi; exit 3',
  ]);
  assert.equal(status, 3);
  const record = JSON.parse(stdout);
  assert.deepEqual([record.exit_code, record.signal, record.stdout, record.stderr], [3, null, 'hi\n', '']);
});

test('passwords are set from stdin, as a hash, and made up; none of them is said', BOUND, async () => {
  const shadow = async () =>
    (await guest('sed', '-n', 's/^root:\\([^:]*\\):.*/\\1/p', '/etc/shadow')).stdout.trim();
  const first = await shadow();
  const fromStdin = await world.novalet(['passwd', 'web', '--user', 'root', '--stdin'], {
    stdin: 'hunter2hunter2\n',
  });
  assert.equal(fromStdin.status, 0, fromStdin.stderr);
  const second = await shadow();
  assert.notEqual(second, first);
  assert.doesNotMatch(fromStdin.stdout + fromStdin.stderr, /hunter2/);

  const hash =
    '$6$abcdefgh$yVfUwsw5T.JApa8POvClA1pQ5peiq97DUNyXCZN5IrF.BMSkiaLQ5kvpuEm/VQ1Tvh/KV2TcaWh8qinoW5dhA1';
  const hashed = await world.novalet(['passwd', 'web', '--user', 'root', '--hash'], { stdin: `${hash}\n` });
  assert.equal(hashed.status, 0, hashed.stderr);
  assert.equal(await shadow(), hash);

  const generated = await world.novalet(['passwd', 'web', '--user', 'root', '--generate']);
  assert.match(generated.stdout, /^\w{20}\n$/);
  assert.notEqual(await shadow(), hash);
});

test('list, show and addresses agree, as tables and as JSON', BOUND, async () => {
  const [row] = JSON.parse((await world.novalet(['list', '-o', 'json'])).stdout);
  const shown = JSON.parse((await world.novalet(['show', 'web', '-o', 'json'])).stdout);
  assert.deepEqual([row.id, row.name, row.status, shown.agent], [shown.id, 'web', 'ACTIVE', 'connected']);
  assert.equal(shown.flavor.name, 'm1.tiny');
  assert.match((await world.novalet(['list'])).stdout, /^NAME +STATUS .*\nweb +ACTIVE +\d+\.\d+\.\d+\.\d+ /);
  assert.match((await world.novalet(['list', '-o', 'yaml'])).stdout, /^- id: .*\n {2}name: web\n/);
  const addresses = JSON.parse((await world.novalet(['addresses', 'web', '-o', 'json'])).stdout);
  assert.equal(addresses.source, 'agent');
  assert.ok(addresses.interfaces.some(({ mac }: { mac: string }) => mac === shown.ports[0].mac));
  assert.match((await world.novalet(['addresses', 'web'])).stdout, /127\.0\.0\.1\/8/);
});

test('the console log is there from the first second', BOUND, async () => {
  const { stdout } = await world.novalet(['console', 'web', '--log', '--bytes', '1M']);
  assert.match(stdout, /Linux version/);
});

test('a name twice is a conflict', BOUND, async () => {
  const { status, stderr } = await world.novalet(['launch', 'minimal', '--name', 'web', '--quiet']);
  assert.equal(status, 4, stderr);
});

test('stop, start, wait and reboot change the state that list shows', BOUND, async () => {
  const status = async () => JSON.parse((await world.novalet(['show', 'web', '-o', 'json'])).stdout).status;
  assert.equal((await world.novalet(['stop', 'web', '--force'])).status, 0);
  assert.equal(await status(), 'SHUTOFF');
  assert.equal((await world.novalet(['wait', 'web', 'shutoff', '--timeout', '5'])).status, 0);
  assert.equal((await world.novalet(['exec', 'web', '--', 'true'])).status, 125);
  const late = await world.novalet(['wait', 'web', 'active', '--timeout', '0.5']);
  assert.equal(late.status, 124, late.stderr);
  assert.equal((await world.novalet(['start', 'web'])).status, 0);
  assert.equal(
    (await world.novalet(['wait', 'web', 'agent', '--timeout', '120'], { timeoutMs: 150_000 })).status,
    0,
  );
  assert.equal((await world.novalet(['reboot', 'web', '--hard'])).status, 0);
  assert.equal(await status(), 'ACTIVE');
});

test('dry run and print-xml say what would be done and change nothing', BOUND, async () => {
  const before = await world.snapshot();
  const plan = JSON.parse((await world.novalet(['launch', 'minimal', '--dry-run', '-o', 'json'])).stdout);
  assert.ok(plan.steps.some(({ step }: { step: string }) => step === 'root-disk'));
  const xml = (await world.novalet(['launch', 'minimal', '--name', 'other', '--print-xml'])).stdout;
  assert.match(xml, /^<domain [\s\S]*<\/domain>\n$/);
  assert.deepEqual(await world.snapshot(), before);
});

test('delete takes several, goes on after a failure, and leaves nothing', BOUND, async () => {
  const { status, stdout, stderr } = await world.novalet(['delete', 'nobody', 'web', '-o', 'json']);
  assert.equal(status, 3, stderr);
  assert.deepEqual(
    JSON.parse(stdout).map(({ name, status }: Record<string, string>) => [name, status]),
    [['web', 'DELETED']],
  );
  assert.equal((await world.novalet(['list', '-o', 'json'])).stdout, '[]\n');
  assert.deepEqual((await world.snapshot())['domains'], []);
});
