// Completion scripts run in the shells that they are for; `novalet` is a stand-in on PATH that knows some names.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { novalet } from '../novalet-process.ts';

const run = promisify(execFile);
const SHELLS = ['bash', 'zsh', 'fish'] as const;

const STAND_IN = `#!/bin/sh
case $2 in
  instance) printf 'calm-otter\\nweb-1\\n' ;;
  image) printf 'debian:12\\ndebian:13\\nminimal\\n' ;;
  image-or-instance) printf 'minimal\\nweb-1\\n' ;;
  template) printf 'ci\\n' ;;
  flavor) printf 'm1.tiny\\nm1.small\\n' ;;
esac
`;

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'novalet-completion-'));
  await writeFile(join(folder, 'novalet'), STAND_IN, { mode: 0o755 });
  for (const shell of SHELLS) {
    const { stdout, status } = await novalet(['completion', shell]);
    assert.equal(status, 0);
    await writeFile(join(folder, `script.${shell}`), stdout);
  }
});
after(() => rm(folder, { recursive: true, force: true }));

async function runShell(shell: string, argv: readonly string[]): Promise<string> {
  const env = { ...process.env, HOME: folder, PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}` };
  const { stdout } = await run(shell, argv, { env, timeout: 20_000 });
  return stdout;
}

async function isInstalled(shell: string): Promise<boolean> {
  return run(shell, ['-c', 'true'], { timeout: 20_000 }).then(
    () => true,
    () => false,
  );
}

const installed = new Set<string>();
for (const shell of SHELLS) if (await isInstalled(shell)) installed.add(shell);

for (const shell of installed) {
  test(`${shell} can read its script`, async () => {
    await runShell(shell, [shell === 'fish' ? '--no-execute' : '-n', join(folder, `script.${shell}`)]);
  });
}

/** What bash offers after these words, as its default COMP_WORDBREAKS splits them. */
async function bashOffers(...words: readonly string[]): Promise<string[]> {
  const program = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
    _novalet novalet "\${COMP_WORDS[COMP_CWORD]}" x 2>/dev/null; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const stdout = await runShell('bash', [
    '-c',
    program,
    'bash',
    join(folder, 'script.bash'),
    'novalet',
    ...words,
  ]);
  return stdout.split('\n').filter((line) => line !== '');
}

test('bash offers commands, their subcommands, and options of the command and of all', async () => {
  assert.deepEqual(await bashOffers('la'), ['launch']);
  assert.deepEqual(await bashOffers('image', ''), [
    'add',
    'pull',
    'build',
    'create',
    'list',
    'show',
    'set',
    'remove',
  ]);
  assert.deepEqual(await bashOffers('launch', '--fl'), ['--flavor']);
  assert.deepEqual(await bashOffers('show', 'x', '--out'), ['--output']);
});

test('bash offers the names that exist where a name stands', async () => {
  assert.deepEqual(await bashOffers('show', ''), ['calm-otter', 'web-1']);
  assert.deepEqual(await bashOffers('-o', 'json', 'show', 'c'), ['calm-otter']);
  assert.deepEqual(await bashOffers('delete', 'calm-otter', ''), ['calm-otter', 'web-1']);
  assert.deepEqual(await bashOffers('launch', ''), ['debian:12', 'debian:13', 'minimal']);
  assert.deepEqual(await bashOffers('launch', 'minimal', '--flavor', 'm1.t'), ['m1.tiny']);
  assert.deepEqual(await bashOffers('launch', '--template', ''), ['ci']);
  assert.deepEqual(await bashOffers('template', 'remove', 'ci', ''), ['ci']);
  assert.deepEqual(await bashOffers('template', 'create', ''), ['minimal', 'web-1']);
});

test('bash offers the words that an option or an operand knows', async () => {
  assert.deepEqual(await bashOffers('-o', ''), ['table', 'json', 'yaml']);
  assert.deepEqual(await bashOffers('list', '--output', '=', 'j'), ['json']);
  assert.deepEqual(await bashOffers('launch', 'x', '--wait', 'a'), ['agent']);
  assert.deepEqual(await bashOffers('wait', 'web-1', 'A'), ['ACTIVE']);
});

test('in bash a name with a colon is completed from the colon on, as readline wants it', async () => {
  assert.deepEqual(await bashOffers('launch', 'debian', ':', '1'), ['12', '13']);
});

test('bash offers nothing of ours after the double dash of exec, nor beyond the last operand', async () => {
  assert.deepEqual(await bashOffers('exec', 'web-1', '--', ''), []);
  assert.deepEqual(await bashOffers('show', 'web-1', ''), []);
});

if (installed.has('fish')) {
  const fishOffers = async (line: string) => {
    const program = `source ${join(folder, 'script.fish')}; complete -C '${line}'`;
    const stdout = await runShell('fish', ['--no-config', '-c', program]);
    return stdout.split('\n').flatMap((offer) => (offer === '' ? [] : [offer.split('\t')[0] ?? '']));
  };

  test('fish offers commands, options, words and names', async () => {
    assert.deepEqual(await fishOffers('novalet la'), ['launch']);
    assert.deepEqual(await fishOffers('novalet launch --fl'), ['--flavor']);
    assert.deepEqual(await fishOffers('novalet -o json show '), ['calm-otter', 'web-1']);
    assert.deepEqual(await fishOffers('novalet delete web-1 c'), ['calm-otter']);
    assert.deepEqual((await fishOffers('novalet launch x --wait ')).sort(), [
      'agent',
      'cloud-init',
      'ip',
      'running',
    ]);
    assert.deepEqual(await fishOffers('novalet show web-1 '), []);
  });
}
