import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { COMMANDS } from '../../../src/cli/registry.ts';
import { novalet } from './novalet-process.ts';

test('help names every command and the exit statuses, on stdout', async () => {
  const { status, stdout, stderr } = await novalet(['--help']);
  assert.deepEqual([status, stderr], [0, '']);
  for (const { name, summary, hidden } of COMMANDS) {
    assert.equal(stdout.includes(`  ${name} `) && stdout.includes(summary), hidden !== true, name);
  }
  assert.match(stdout, /Exit status: 0 done/);
});

test('every command, and every command below it, has help with the global options', async () => {
  const paths = [
    ...COMMANDS.filter(({ hidden }) => hidden !== true).map(({ name }) => [name]),
    ...['add', 'pull', 'build', 'list', 'show', 'remove'].map((name) => ['image', name]),
    ...['list', 'show', 'create', 'remove'].map((name) => ['flavor', name]),
  ];
  for (const path of paths) {
    const { status, stdout } = await novalet([...path, '--help']);
    assert.equal(status, 0, path.join(' '));
    assert.ok(stdout.startsWith(`Usage: novalet ${path.join(' ')}`), stdout);
    assert.match(stdout, /--output <format>/);
  }
});

test('help COMMAND says the same as COMMAND --help', async () => {
  assert.deepEqual(await novalet(['help', 'launch']), await novalet(['launch', '--help']));
});

test('no command at all is a mistake and shows the help on stderr', async () => {
  for (const argv of [[], ['image'], ['flavor']]) {
    const { status, stdout, stderr } = await novalet(argv);
    assert.deepEqual([status, stdout], [2, '']);
    assert.match(stderr, /^Usage: novalet/);
  }
});

const MISTAKES: readonly (readonly [readonly string[], number, RegExp])[] = [
  [['lanch'], 2, /novalet has no command lanch \[USAGE\]\n {2}hint: Did you mean launch\?/],
  [['image', 'lst'], 2, /novalet image has no command lst \[USAGE\]\n {2}hint: Did you mean list\?/],
  [['launch'], 2, /Missing required argument 'image' \[USAGE\]/],
  [
    ['launch', 'x', '--nmae', 'y'],
    2,
    /novalet launch has no option --nmae \[USAGE\]\n {2}hint: Did you mean --name\?/,
  ],
  [['-o', 'xml', 'list'], 2, /Allowed choices are table, json, yaml\. \[USAGE\]/],
  [['launch', 'x', '--wait', 'forever'], 2, /Allowed choices are running, agent, ip, cloud-init\. \[USAGE\]/],
  [['wait', 'x', 'ACTVE'], 2, /"ACTVE" \[OPTION_INVALID\]\n {2}hint: Did you mean ACTIVE\?/],
  [['wait', 'x', 'agent', '--timeout', 'soon'], 2, /\[OPTION_INVALID\]/],
  [['flavor', 'create', 'x'], 2, /'--memory <MiB>' not specified \[USAGE\]/],
  [['flavor', 'create', 'x', '--memory', '1.5K'], 2, /--memory is too fine: "1.5K" \[OPTION_INVALID\]/],
  [['launch', 'x', '--password-stdin', '--generate-password'], 2, /cannot be used with option/],
  [['launch', 'x', '--password-stdin', '--user-data', '-'], 2, /both want stdin \[OPTION_INVALID\]/],
  [
    ['launch', 'x', '--user-data', '/nonexistent/file'],
    3,
    /There is no file \/nonexistent\/file \[FILE_NOT_FOUND\]/,
  ],
  [['launch', 'x', '--user-data', '/'], 2, /\/ cannot be read \(EISDIR\) \[FILE_UNREADABLE\]/],
  [['launch', 'x', '--user-data', '-', '--user-data', '-'], 2, /is given twice, .* \[OPTION_INVALID\]/],
  [['launch', 'x', '--user-data', '/dev/null'], 2, /\/dev\/null, line 1: it is empty \[USER_DATA_INVALID\]/],
  [['launch', 'x', '--ssh-key', '/dev/null'], 2, /\/dev\/null holds no key \[SSH_KEY_INVALID\]/],
  [['passwd', 'x'], 2, /There is no terminal to ask for a password \[NO_TERMINAL\]/],
  [['passwd', 'x', '--stdin'], 2, /The password is empty \[PASSWORD_INVALID\]/],
  [['render', '/dev/null'], 2, /The description is not an object/],
  [['render', '/usr/bin/true'], 2, /\/usr\/bin\/true is neither JSON nor YAML: .* \[RENDER_NOT_YAML\]/],
  [['render'], 2, /There is nothing to render \[USAGE\]/],
  [['completion', 'tcsh'], 2, /Allowed choices are bash, zsh, fish\. \[USAGE\]/],
  [['exec', 'x'], 125, /Missing required argument 'command' \[USAGE\]/],
  [['exec', 'x', 'ls', '-l'], 125, /Put -- before the program and its arguments\./],
  [['--config', '/nonexistent/novalet.yaml', 'list'], 3, /\[CONFIG_NOT_FOUND\]/],
  [['--config', '/nonexistent/novalet.yaml', 'exec', 'x', '--', 'true'], 125, /\[CONFIG_NOT_FOUND\]/],
  // what stands after -- belongs to the guest, whatever it looks like
  [
    ['--config', '/nonexistent', 'exec', '--env', 'A=b', 'x', '--', 'ls', '--nope', '-o', 'xml'],
    125,
    /\[CONFIG_/,
  ],
];

test('each mistake gets one clear message with a cure, the documented status, and nothing on stdout', async () => {
  for (const [argv, expected, words] of MISTAKES) {
    const { status, stdout, stderr } = await novalet(argv);
    assert.deepEqual([status, stdout], [expected, ''], `${argv.join(' ')}: ${stderr}`);
    assert.match(stderr, words);
    assert.match(stderr, /^novalet: .+ \[[A-Z_]+\]\n {2}hint: .+\n$/);
  }
});

test('what was typed where no secret belongs is not said back', async () => {
  for (const argv of [
    ['passwd', 'vm', 'hunter2'],
    ['launch', 'x', '--password=hunter2'],
    ['exec', 'x', '--env', '=hunter2', '--', 'ls'],
  ]) {
    const { stdout, stderr } = await novalet(argv);
    assert.doesNotMatch(stdout + stderr, /hunter2/, argv.join(' '));
  }
});

test('with -o json a failure is one JSON object on stderr, wherever the option stands', async () => {
  for (const argv of [
    ['-o', 'json', 'wait', 'x', 'nowhere'],
    ['wait', 'x', 'nowhere', '--output=json'],
  ]) {
    const { status, stderr } = await novalet(argv);
    assert.equal(status, 2);
    const { error } = JSON.parse(stderr);
    assert.deepEqual([error.code, error.kind, error.exit_code], ['OPTION_INVALID', 'invalid', 2]);
  }
});

test('several that fail are told in their order, and the first has the exit status', async () => {
  const stateDir = await mkdtemp(join(tmpdir(), 'novalet-several-'));
  const env = { NOVALET_STATE_DIR: stateDir };
  const { status, stderr } = await novalet(['flavor', 'remove', 'one', 'two', 'm1.tiny', 'one'], { env });
  assert.equal(status, 3);
  assert.match(stderr, /^Removed m1\.tiny\nnovalet: [^\n]*"one"[\s\S]*\nnovalet: [^\n]*"two"/);
  assert.equal(stderr.split('FLAVOR_NOT_FOUND').length, 3);
  await rm(stateDir, { recursive: true });
});

test('a state directory where the system makes none is refused at once', async () => {
  const { status, stderr } = await novalet(['flavor', 'list'], { env: { NOVALET_STATE_DIR: '/proc/none' } });
  assert.equal(status, 5);
  assert.match(stderr, /\[STATE_DENIED\]/);
});

test('one document in three forms', async () => {
  const json = await novalet(['version', '-o', 'json']);
  const yaml = await novalet(['version', '-o', 'yaml']);
  const table = await novalet(['version']);
  const { novalet: version, node } = JSON.parse(json.stdout);
  assert.equal(yaml.stdout, `novalet: ${version}\nnode: ${node}\n`);
  assert.equal(table.stdout, `novalet ${version} (Node ${node})\n`);
  assert.equal((await novalet(['--version'])).stdout, `novalet ${version}\n`);
});

test('debug shows where a failure comes from', async () => {
  const { stderr } = await novalet(['--debug', 'render', '/usr/bin/true']);
  assert.match(stderr, /caused by: YAMLParseError/);
});
