import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readWriteFile } from '../../../../src/cli/launch-options/guest-wishes.ts';
import { novalet } from '../novalet-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'nvt-guest-wishes-'));
after(() => rmSync(folder, { recursive: true }));
const config = join(folder, 'novalet.yaml');
writeFileSync(config, `state_dir: ${join(folder, 'state')}\n`);
const motd = join(folder, 'motd,1');
writeFileSync(motd, 'hello\n');

const WRITTEN: readonly (readonly [text: string, read: ReturnType<typeof readWriteFile>])[] = [
  ['/etc/motd=motd.txt', { path: '/etc/motd', file: 'motd.txt' }],
  ['/etc/motd=-', { path: '/etc/motd', file: '-' }],
  [
    '/a=b,mode=0600,owner=bob:www-data',
    { path: '/a', file: 'b', permissions: '0600', owner: 'bob:www-data' },
  ],
  ['/a=b=c,d', { path: '/a', file: 'b=c,d' }],
  ['C:\\a b.txt=x', { path: 'C:\\a b.txt', file: 'x' }],
];

for (const [text, read] of WRITTEN) {
  test(`--write-file ${text} is ${JSON.stringify(read)}`, () => {
    assert.deepEqual(readWriteFile(text), read);
  });
}

const REFUSED: readonly (readonly [text: string, words: RegExp])[] = [
  ['/etc/motd', /--write-file wants GUEST-PATH=FILE/],
  ['=a', /--write-file wants GUEST-PATH=FILE/],
  ['/a=', /--write-file wants GUEST-PATH=FILE/],
  ['/a=b,mod=0600', /--write-file has no "mod"/],
  ['/a=b,mode=', /wants a value behind mode=/],
  ['/a=b,mode=1,mode=2', /has mode= twice/],
];

for (const [text, message] of REFUSED) {
  test(`--write-file ${text} is refused`, () => {
    assert.throws(() => readWriteFile(text), { code: 'OPTION_INVALID', message });
  });
}

test('stdin is read by one option only', async () => {
  const { status, stdout, stderr } = await launch(['--write-file', '/a=-', '--user-data', '-']);
  assert.deepEqual([status, stdout], [2, '']);
  assert.match(stderr, /--user-data - and --write-file …=- both want stdin \[OPTION_INVALID\]/);
});

test('a wish that cannot be meant is refused before the image is looked up', async () => {
  const { status, stdout, stderr } = await launch(['--timezone', 'Europe/Berln']);
  assert.deepEqual([status, stdout], [2, '']);
  assert.match(stderr, /no time zone \[GUEST_WISH_INVALID\]\n {2}hint: Did you mean Europe\/Berlin\?/);
});

test('a file that is not there is told as such', async () => {
  const { status, stderr } = await launch(['--write-file', `/a=${join(folder, 'none')}`]);
  assert.equal(status, 3);
  assert.match(stderr, /FILE_NOT_FOUND/);
});

test('wishes that are right come as far as the image', async () => {
  const { stderr } = await launch([
    ...['--user', 'bob', '--hostname', 'web.example.com', '--timezone', 'UTC', '--locale', 'C.UTF-8'],
    ...['--package', 'git', '--run', 'true', '--run', 'exit 1', '--write-file', `/etc/motd=${motd},mode=600`],
    ...['--write-file', '/srv/stdin=-', '--no-grow'],
  ]);
  assert.match(stderr, /\[IMAGE_NOT_FOUND\]/);
});

async function launch(args: readonly string[]) {
  return await novalet(['--config', config, 'launch', 'none', '--dry-run', ...args], { stdin: 'hello\n' });
}
