// `launch --user-data` as a shell calls it, as far as it is refused before libvirt is asked for anything.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { novalet } from './novalet-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'nvt-user-data-'));
after(() => rmSync(folder, { recursive: true }));
const config = file('novalet.yaml', `state_dir: ${join(folder, 'state')}\n`);
const good = file('good.yaml', '#cloud-config\npackages: [nginx]\n');
const script = file('setup.sh', '#!/bin/sh\ntrue\n');

const REFUSED: readonly (readonly [name: string, content: string | Uint8Array, words: RegExp])[] = [
  [
    'form.yaml',
    '#cloud-cofnig\n',
    /form\.yaml, line 1: .* \[USER_DATA_FORM_UNKNOWN\]\n {2}hint: Did you mean #cloud-config\?/,
  ],
  ['tab.yaml', '#cloud-config\nruncmd:\n\t- a\n', /tab\.yaml, line 3, column \d+: .* \[USER_DATA_NOT_YAML\]/],
  [
    'key.yaml',
    '#cloud-config\npakages: [a]\n',
    /key\.yaml, line 2, .* "pakages" \[USER_DATA_KEY_UNKNOWN\]\n {2}hint: .* packages\?/,
  ],
  ['list.yaml', '#cloud-config\n- a\n', /list\.yaml, line 2, column 1: .* \[USER_DATA_INVALID\]/],
  [
    'bomb.gz',
    gzipSync(Buffer.alloc(30_000_000)),
    /bomb\.gz: it unpacks to more than 512 KiB \[USER_DATA_GZIP_INVALID\]/,
  ],
  [
    'broken.mime',
    'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n',
    /broken\.mime, line 2: .* \[USER_DATA_MIME_INVALID\]/,
  ],
];

for (const [name, content, words] of REFUSED) {
  test(`${name} is refused by itself and beside others, and passed on without validation`, async () => {
    const path = file(name, content);
    for (const given of [[path], [good, path, script]]) {
      const { status, stdout, stderr } = await launch(given);
      assert.deepEqual([status, stdout], [2, ''], stderr);
      assert.match(stderr, words);
    }
    assert.match((await launch([good, path, script], '--no-validate')).stderr, /\[IMAGE_NOT_FOUND\]/);
  });
}

test('several files that are right come as far as the image, one of them from stdin', async () => {
  const { status, stderr } = await launch([good, '-', script], '--meta=a=b');
  assert.deepEqual([status, /IMAGE_NOT_FOUND/.test(stderr)], [3, true]);
});

test('stdin is called so, and programs get file and line', async () => {
  const { status, stderr } = await launch([good, '-'], '-o', 'json');
  assert.equal(status, 3);
  const wrong = await launch(['-'], '-o', 'json', { stdin: '#cloud-config\n\nhostnam: a\n' });
  const { error } = JSON.parse(wrong.stderr);
  assert.equal(JSON.parse(stderr).error.code, 'IMAGE_NOT_FOUND');
  assert.deepEqual([error.code, error.exit_code], ['USER_DATA_KEY_UNKNOWN', 2]);
  assert.deepEqual(error.details, { file: 'stdin', line: 3, column: 1 });
});

test('what is too large together is refused with the sizes, validation or not', async () => {
  const half = file('half.sh', `#!/bin/sh\n${'#'.repeat(40_000)}`);
  for (const option of ['--meta=a=b', '--no-validate']) {
    const { status, stderr } = await launch([half, half], option);
    assert.equal(status, 2);
    assert.match(stderr, /half\.sh 40010, .*half\.sh 40010\) \[USER_DATA_TOO_LARGE\]/);
  }
});

type Input = string | { readonly stdin: string };

async function launch(paths: readonly string[], ...more: readonly Input[]): ReturnType<typeof novalet> {
  const options = more.filter((item) => typeof item === 'string');
  const [input = { stdin: '#!/bin/sh\ntrue\n' }] = more.filter((item) => typeof item !== 'string');
  const userData = paths.flatMap((path) => ['--user-data', path]);
  return await novalet(['--config', config, 'launch', 'nosuch', ...userData, '--dry-run', ...options], input);
}

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}
